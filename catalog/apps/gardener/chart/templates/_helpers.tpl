{{- define "bus" -}}
{{- required "there is no bus: the list needs an entry with catalog: ntfy" .Values.global.roster.uses.ntfy | toJson }}
{{- end }}

{{- define "image" -}}
{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}

{{- /* One word of a command line in a systemd unit. */}}
{{- define "systemd" -}}
{{ . | replace "%" "%%" | replace "$" "$$" | quote }}
{{- end }}
