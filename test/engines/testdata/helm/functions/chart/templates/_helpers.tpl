{{- define "functions.where" -}}
{{ .Release.Namespace }}/{{ .Chart.Name }}
{{- end }}
{{- define "functions.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- define "functions.dig" }}{{ dig "b" "c" (list) .Values.nested | join "-" }}{{ end -}}
