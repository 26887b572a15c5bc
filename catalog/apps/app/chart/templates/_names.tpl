{{- define "name" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{- define "kind" -}}
{{ .Values.kind | default (ternary "CronJob" "Deployment" (not (empty .Values.schedule))) }}
{{- end }}

{{- define "labels" -}}
{{ merge (dict "app.kubernetes.io/name" (include "name" .)) .Values.labels | toJson }}
{{- end }}

{{- define "selector" -}}
{{ dict "app.kubernetes.io/name" (include "name" .) | toJson }}
{{- end }}

{{- /* A number or a truth value as the text that it is: what reads it takes texts only. YAML folds the two line breaks that JSON does not know. */}}
{{- define "text" -}}
{{- ternary . (toJson .) (kindIs "string" .) | toJson | replace "\u0085" "\\u0085" | replace "\u2029" "\\u2029" }}
{{- end }}

{{- define "texts" -}}
[{{ range $i, $text := . }}{{ if $i }}, {{ end }}{{ include "text" $text }}{{ end }}]
{{- end }}

{{- /* The name of a volume, by its path. Two paths never have one name, and the name does not depend on the other paths: a claim is called like it. */}}
{{- define "volume" -}}
{{- $words := regexReplaceAllLiteral "[^a-z0-9]+" (lower .) "-" | trunc 40 | trimAll "-" }}
{{- if and (regexMatch "^(/[a-z0-9]+)+$" .) (le (len .) 41) }}{{ $words }}
{{- else }}{{ printf "%s-%s" $words (sha256sum . | trunc 8) | trimPrefix "-" }}
{{- end }}
{{- end }}

{{- /* The claim of a volume of the application that is not a pod's own. */}}
{{- define "claim" -}}
{{ .volume.claim | default (printf "%s-%s" (include "name" .app) (include "volume" .path)) }}
{{- end }}

{{- /* The key of a file among the others. */}}
{{- define "file" -}}
{{ trimPrefix "/" . | replace "/" "_" }}
{{- end }}
