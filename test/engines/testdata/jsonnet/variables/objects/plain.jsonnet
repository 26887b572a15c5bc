{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, data: { domain: std.extVar('domain') } }
