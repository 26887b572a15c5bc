{{- /* single: whether a claim is for one pod at a time; templates and claims: lists of {name, spec}, of claims of each pod and others. */}}
{{- define "claims" -}}
{{- $out := dict "single" false "templates" list "claims" list }}
{{- range $path, $v := .Values.volumes }}
{{- $own := include "template" (dict "app" $ "volume" $v) }}
{{- if kindIs "string" $v }}{{ $v = dict "size" $v }}{{ end }}
{{- $mode := $v.accessMode | default "ReadWriteOnce" }}
{{- if and (or $v.size $v.claim) (hasPrefix "ReadWriteOnce" $mode) }}{{ $_ := set $out "single" true }}{{ end }}
{{- if $v.size }}
{{- $spec := dict "accessModes" (list $mode) "resources" (dict "requests" (dict "storage" $v.size)) }}
{{- with $v.storageClass }}{{ $_ := set $spec "storageClassName" . }}{{ end }}
{{- if $own }}
{{- $_ := set $out "templates" (append $out.templates (dict "name" (include "volume" $path) "spec" $spec)) }}
{{- else }}
{{- $_ := set $out "claims" (append $out.claims (dict "name" (include "claim" (dict "app" $ "path" $path "volume" $v)) "spec" $spec)) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $out }}
{{- end }}
