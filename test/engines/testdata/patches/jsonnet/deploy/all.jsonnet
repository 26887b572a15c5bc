std.parseYaml(importstr '../all.yaml')
