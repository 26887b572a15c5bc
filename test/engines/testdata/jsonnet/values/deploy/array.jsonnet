[
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map-%d' % i }, data: { i: std.toString(i) }, number: i, half: i / 2 }
  for i in std.range(1, 3)
] + [null][:0]
