function(name, replicas, settings, missing='default') {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: name, annotations: { missing: missing } },
  spec: { replicas: replicas, settings: settings, domain: std.extVar('domain'), flag: std.extVar('flag'), number: std.extVar('number'), empty: std.extVar('empty') },
}
