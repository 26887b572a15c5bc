{{- define "lib.map" -}}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .root.Release.Name }}-{{ .name }}, labels: {chart: {{ .root.Chart.Name }}}}
{{- end }}
