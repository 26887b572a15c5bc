local common = import 'deploy/below/common.libsonnet';
local top = import 'top-only.libsonnet';
common + { metadata: { name: top.name } }
