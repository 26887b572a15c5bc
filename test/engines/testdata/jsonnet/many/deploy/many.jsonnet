[
  { apiVersion: 'v1', kind: kind, metadata: { name: '%s-%d' % [std.asciiLower(kind), i], annotations: { 'argocd.argoproj.io/sync-wave': std.toString(i - 50) } }, value: i * 1e3 + i / 7 }
  for kind in ['ConfigMap', 'Secret', 'Service']
  for i in std.range(1, 100)
]
