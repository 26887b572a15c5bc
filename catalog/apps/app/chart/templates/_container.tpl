{{- define "resources" -}}
{requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 256Mi}}
{{- end }}

{{- /* The ports of a container: {list: [{name, port, protocol, service}]}. */}}
{{- define "ports" -}}
{{- $list := list }}
{{- with .port }}{{ $list = append $list (dict "name" "http" "port" . "protocol" "TCP" "service" .) }}{{ end }}
{{- range $name, $port := .ports }}
{{- if kindIs "map" $port }}
{{- $list = append $list (dict "name" $name "port" $port.port "protocol" ($port.protocol | default "TCP") "service" ($port.service | default $port.port)) }}
{{- else }}
{{- $parts := splitList "/" (ternary $port (toJson $port) (kindIs "string" $port)) }}
{{- $number := first $parts | int }}
{{- $list = append $list (dict "name" $name "port" $number "protocol" (index (append $parts "TCP") 1) "service" $number) }}
{{- end }}
{{- end }}
{{- dict "list" $list | toJson }}
{{- end }}

{{- /* The port that is probed: http, or else the first one in the alphabet with TCP. */}}
{{- define "main" -}}
{{- $main := "" }}
{{- range (include "ports" . | fromJson).list }}
{{- if eq .protocol "TCP" }}{{ if or (eq .name "http") (not $main) }}{{ $main = .name }}{{ end }}{{ end }}
{{- end }}
{{- $main }}
{{- end }}

{{- define "probe" -}}
{{- if .command }}{exec: {command: {{ include "texts" .command }}}
{{- else if .path }}{httpGet: {path: {{ toJson .path }}, port: {{ toJson .port }}}
{{- else }}{tcpSocket: {port: {{ toJson .port }}}
{{- end }}
{{- with .timeout }}, timeoutSeconds: {{ int . }}{{ end }}
{{- end }}

{{- define "probes" -}}
{{- $probe := dict "port" (include "main" .) }}
{{- $off := not (or $probe.port (kindIs "map" .probe)) }}
{{- if kindIs "bool" .probe }}{{ $off = or $off (not .probe) }}
{{- else if kindIs "map" .probe }}{{ $probe = merge (deepCopy .probe) $probe }}
{{- else if eq (.probe | default "tcp") "off" }}{{ $off = true }}
{{- else if ne (.probe | default "tcp") "tcp" }}{{ $_ := set $probe "path" .probe }}
{{- end }}
{{- if not $off }}
startupProbe: {{ include "probe" $probe }}, periodSeconds: 5, failureThreshold: {{ div (add (int ($probe.startup | default 150)) 4) 5 }}}
readinessProbe: {{ include "probe" $probe }}}
livenessProbe: {{ include "probe" $probe }}, failureThreshold: 6}
{{- end }}
{{- end }}

{{- /* What the database adds to the environment, for what the user does not set. The password comes first: the others refer to it. */}}
{{- define "database.env" -}}
{{- $name := printf "%s-postgres" (include "name" .app) }}
{{- $own := .container.env | default dict }}
{{- if not (hasKey $own "PGPASSWORD") }}
- {name: PGPASSWORD, valueFrom: {secretKeyRef: {name: {{ $name }}, key: password}}}
{{- end }}
{{- $url := printf "postgres://app:$(PGPASSWORD)@%s:5432/app?sslmode=disable" $name }}
{{- range $key, $value := dict "PGHOST" $name "PGPORT" "5432" "PGUSER" "app" "PGDATABASE" "app" "DATABASE_URL" $url }}
{{- if not (hasKey $own $key) }}
- {name: {{ $key }}, value: {{ toJson $value }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "variable" -}}
{{- if not (kindIs "map" .value) }}value: {{ include "text" .value }}
{{- else if .value.secret }}valueFrom: {secretKeyRef: {name: {{ toJson .value.secret }}, key: {{ toJson .value.key }}}}
{{- else if .value.config }}valueFrom: {configMapKeyRef: {name: {{ toJson .value.config }}, key: {{ toJson .value.key }}}}
{{- else if .value.field }}valueFrom: {fieldRef: {apiVersion: v1, fieldPath: {{ toJson .value.field }}}}
{{- else }}value: {{ toJson (index .app.Values.global.roster.uses .value.uses).url }}
{{- end }}
{{- end }}

{{- /* app: the root; container: its values; name; mounts: a list; probed: whether it has probes; own: whether its user is not the pod's. */}}
{{- define "container" -}}
{{- $app := .app }}
{{- $c := .container }}
- name: {{ toJson .name }}
  image: {{ toJson ($c.image | default $app.Values.image) }}
{{- with $c.command }}
  command: {{ include "texts" . }}
{{- end }}
{{- with $c.args }}
  args: {{ include "texts" . }}
{{- end }}
{{- if or $c.env $app.Values.database }}
  env:
{{- if $app.Values.database }}{{ include "database.env" . | nindent 4 | trimSuffix " " }}{{ end }}
{{- range $name, $value := $c.env }}
    - {name: {{ toJson $name }}, {{ include "variable" (dict "app" $app "value" $value) }}}
{{- end }}
{{- end }}
{{- with $c.secrets }}
  envFrom:
{{- range . }}
    - secretRef: {name: {{ toJson . }}}
{{- end }}
{{- end }}
{{- with (include "ports" $c | fromJson).list }}
  ports:
{{- range . }}
    - {name: {{ toJson .name }}, containerPort: {{ int .port }}, protocol: {{ .protocol }}}
{{- end }}
{{- end }}
{{- if .probed }}{{ with include "probes" $c | trim }}{{ nindent 2 . }}{{ end }}{{ end }}
  resources: {{ mergeOverwrite (include "resources" . | fromYaml) ($c.resources | default dict) | toJson }}
  securityContext:
{{- $root := has (toString $c.user) (list "root" "0") }}
{{- if and .own (hasKey $c "user") }}{{ include "user" $c | nindent 4 }}{{ end }}
    allowPrivilegeEscalation: false
{{- if not (or $c.writableRoot $root) }}
    readOnlyRootFilesystem: true
{{- end }}
{{- if or $c.capabilities (not $root) }}
    capabilities: {drop: [ALL]{{ with $c.capabilities }}, add: {{ toJson . }}{{ end }}}
{{- end }}
{{- with .mounts }}
  volumeMounts:
{{- range . }}
    - {{ toJson . }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Who a container runs as, of a pod or by itself. */}}
{{- define "user" -}}
{{- $user := toString (ternary .user 1000 (hasKey . "user")) }}
{{- if has $user (list "root" "0") }}
runAsNonRoot: false
runAsUser: 0
{{- else }}
runAsNonRoot: true
{{- if ne $user "image" }}
runAsUser: {{ $user | int64 }}
{{- end }}
{{- end }}
{{- if hasKey . "group" }}
runAsGroup: {{ int64 .group }}
{{- else if not (has $user (list "root" "0" "image")) }}
runAsGroup: {{ $user | int64 }}
{{- end }}
{{- end }}
