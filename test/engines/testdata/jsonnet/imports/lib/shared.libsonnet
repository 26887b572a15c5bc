{ map(name, data):: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: name }, data: data }, nested: (import 'deep/nested.libsonnet') + { map:: $.map } }
