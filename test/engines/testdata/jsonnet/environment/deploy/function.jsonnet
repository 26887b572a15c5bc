function(name, dollars, path) { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: name }, data: { d: dollars, p: path, domain: std.extVar('domain'), code: std.extVar('code') } }
