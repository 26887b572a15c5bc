{{ define "lib.labels" }}{chart: {{ .Chart.Name }}-{{ .Chart.Version }}}{{ end }}
