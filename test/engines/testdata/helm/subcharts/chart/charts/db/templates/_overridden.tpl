{{- define "overridden" }}child{{ end }}
