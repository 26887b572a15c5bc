{ text: (import 'both.libsonnet').from }
