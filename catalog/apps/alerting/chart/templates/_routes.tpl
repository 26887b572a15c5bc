{{- /* The address of a topic. ntfy makes a message of Alertmanager's webhook (docs.ntfy.sh/publish, "Pre-defined templates"),
and takes the priority from the query, since the template sets none. */}}
{{- define "topic" -}}
{{- $bus := required "there is no bus: the list needs an entry with catalog: ntfy" .root.Values.global.roster.uses.ntfy }}
{{- $bus.url }}/{{ index $bus.topics .topic }}?template=alertmanager&priority={{ .priority }}
{{- end }}

{{- /* When an alert of a severity is sent: a critical one at once. */}}
{{- define "groupWait" -}}
{{ if eq . "critical" }}0s{{ else }}30s{{ end }}
{{- end }}

{{- /* Not empty when the dead man's switch is on. */}}
{{- define "deadMansSwitch" -}}
{{ if ne (toString .Values.alerts.DeadMansSwitch.enabled) "false" }}on{{ end }}
{{- end }}
