{{- define "overridden" }}parent{{ end }}
