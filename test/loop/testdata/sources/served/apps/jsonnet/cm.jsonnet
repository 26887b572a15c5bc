{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'jsonnet'}, data: import 'data.libsonnet'}
