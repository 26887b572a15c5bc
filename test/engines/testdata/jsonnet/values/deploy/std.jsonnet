local base = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: error 'overridden' }, data+: { base: '1' } };
base { metadata: { name: 'std' }, data+: {
  json: std.manifestJsonEx({ b: 1, a: [1.5, null] }, '  '), yaml: std.manifestYamlDoc({ a: [1, 'on', '0644'], b: { c: null } }),
  ini: std.manifestIni({ main: { a: 1 }, sections: { s: { b: 2 } } }), toml: std.manifestTomlEx({ a: 1, b: { c: [1, 2] } }, '  '),
  md5: std.md5('a'), base64: std.base64('ä'), sort: std.toString(std.sort([3, 1, 2])), split: std.toString(std.split('a,b', ',')),
  parse: std.toString(std.parseJson('{"a": 1e3}')), parsed: std.toString(std.parseYaml('a: [0644, on, 1e3]')), sha: std.sha256('a'),
  merge: std.toString(std.mergePatch({ a: 1, b: 2 }, { a: null })), prune: std.toString(std.prune({ a: null, b: [] })),
  assert_: local x = 1; assert x == 1 : 'never'; 'ok', fold: std.toString(std.foldl(function(a, b) a + b, [1, 2, 3], 0)),
  escape: std.escapeStringJson('"'), native: std.toString(std.objectFields({ b: 1, a: 2 })), rev: std.join('', std.reverse(['a', 'b'])),
} }
