local f(n) = if n == 0 then { end: true } else { ['level%d' % n]: f(n - 1) };
function() { apiVersion: 'example.com/v1', kind: 'Deep', metadata: { name: 'deep' }, spec: f(40), curried: (function(a) function(b) a + b)(1)(2) }
