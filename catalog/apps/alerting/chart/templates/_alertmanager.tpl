{{- /* The same as the AlertmanagerConfig, for an Alertmanager that reads a file. */}}
{{- define "alertmanager.yml" -}}
route:
  receiver: severity-{{ .Values.defaultRoute }}
  group_by: [alertname, instance, user, address]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: {{ .Values.repeatInterval }}
  routes:
{{- if include "deadMansSwitch" . }}
    - receiver: dead-mans-switch
      matchers: ['alertname = DeadMansSwitch']
      group_wait: 0s
      group_interval: {{ ternary "1m" "5m" (ne .Values.deadMansSwitch.url "") }}
      repeat_interval: {{ ternary "5m" "24h" (ne .Values.deadMansSwitch.url "") }}
{{- end }}
{{- range .Values.silent }}
    - receiver: nobody
      matchers: ['severity = {{ . }}']
{{- end }}
{{- range $severity, $route := .Values.routes }}
    - receiver: severity-{{ $severity }}
      matchers: ['severity = {{ $severity }}']
      group_wait: {{ include "groupWait" $severity }}
{{- end }}
receivers:
  - name: nobody
{{- if include "deadMansSwitch" . }}
  - name: dead-mans-switch
    webhook_configs:
{{- with .Values.deadMansSwitch }}
{{- if .url }}
      - url: {{ .url | quote }}
        send_resolved: false
        max_alerts: 1
{{- else }}
      - url: {{ include "topic" (dict "root" $ "topic" .topic "priority" 1) | quote }}
        send_resolved: false
        max_alerts: 1
        http_config:
          authorization: {type: Bearer, credentials_file: {{ printf "%s/alerting-ntfy/token" $.Values.secretsFolder | quote }}}
{{- end }}
{{- end }}
{{- end }}
{{- range $severity, $route := .Values.routes }}
  - name: severity-{{ $severity }}
{{- if $route.topic }}
    webhook_configs:
      - url: {{ include "topic" (dict "root" $ "topic" $route.topic "priority" ($route.priority | default 3)) | quote }}
        send_resolved: true
        max_alerts: 5 # a longer message is refused
        http_config:
          authorization: {type: Bearer, credentials_file: {{ printf "%s/alerting-ntfy/token" $.Values.secretsFolder | quote }}}
{{- end }}
{{- if $route.mail }}
    email_configs:
      - to: {{ $.Values.mail.to | quote }}
        from: {{ $.Values.mail.from | quote }}
        smarthost: {{ $.Values.mail.smarthost | quote }}
        send_resolved: true
{{- with $.Values.mail.username }}
        auth_username: {{ . | quote }}
        auth_password_file: {{ printf "%s/alerting-mail/password" $.Values.secretsFolder | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
