function(name='none') {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'folder' },
  data: { name: name, text: std.extVar('text') },
}
