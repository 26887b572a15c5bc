local yaml = std.parseYaml(importstr 'a.yaml');
[{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'twice' }, data: { from: 'jsonnet' } }, { apiVersion: 'v1', kind: 'Secret', metadata: { name: yaml[0].metadata.name }, stringData: { n: std.toString(std.length(yaml)) } }]
