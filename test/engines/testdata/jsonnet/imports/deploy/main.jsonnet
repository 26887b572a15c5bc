local local_ = import 'local.libsonnet';
local lib = import 'shared.libsonnet';
local both = import 'both.libsonnet';
local up = import '../elsewhere/up.libsonnet';
[
  lib.map('one', { local_: local_.text, both: both.from, up: up.text, text: importstr 'text.txt', bytes: std.toString(importbin 'text.txt'), data: std.toString(import 'data.json') }),
  lib.nested.map('two', {}),
]
