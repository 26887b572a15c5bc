{{- define "image" -}}
{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}

{{- /* Who may do what with each topic: USER:TOPIC:wo or ro. Whoever is not listed may do nothing. */}}
{{- define "access" -}}
{{- $rules := list }}
{{- range $topic := .Values.topics.names }}
{{- $topic = print $.Values.topics.prefix $topic }}
{{- range $.Values.users.producers }}{{ $rules = append $rules (printf "%s:%s:wo" . $topic) }}{{ end }}
{{- range $.Values.users.readers }}{{ $rules = append $rules (printf "%s:%s:ro" . $topic) }}{{ end }}
{{- end }}
{{- join "," $rules }}
{{- end }}

{{- define "baseURL" -}}
{{- if .Values.baseURL }}{{ .Values.baseURL }}
{{- else if .Values.global.roster.host }}https://{{ .Values.global.roster.host }}
{{- else }}{{ fail "set baseURL: without a host there is no public address" }}
{{- end }}
{{- end }}
