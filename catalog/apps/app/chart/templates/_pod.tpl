{{- /* What a container mounts of the application's volumes: by the paths that they have there. */}}
{{- define "mount" -}}
{{- $isFile := hasKey .app.Values.files .volume }}
{{- $v := index .app.Values.volumes .volume | default dict }}
{{- if kindIs "string" $v }}{{ $v = dict }}{{ end }}
{{- $out := dict "mountPath" .path "name" (ternary "app--files" (include "volume" .volume) $isFile) }}
{{- if $isFile }}{{ $_ := set $out "subPath" (include "file" .volume) }}
{{- else if or .subPath $v.subPath }}{{ $_ := set $out "subPath" (.subPath | default $v.subPath) }}
{{- end }}
{{- if or .readOnly $isFile $v.secret $v.config }}{{ $_ := set $out "readOnly" true }}{{ end }}
{{- toJson $out }}
{{- end }}

{{- define "mounts.main" -}}
{{- $list := list }}
{{- range $path, $v := .Values.volumes }}
{{- if kindIs "string" $v }}{{ $v = dict }}{{ end }}
{{- if ne (toString $v.mounted) "false" }}
{{- $list = append $list (include "mount" (dict "app" $ "path" $path "volume" $path "readOnly" $v.readOnly) | fromJson) }}
{{- end }}
{{- end }}
{{- range $path, $_ := .Values.files }}
{{- $list = append $list (include "mount" (dict "app" $ "path" $path "volume" $path) | fromJson) }}
{{- end }}
{{- if include "tmp" .Values }}{{ $list = append $list (dict "mountPath" "/tmp" "name" "app--tmp") }}{{ end }}
{{- dict "list" $list | toJson }}
{{- end }}

{{- define "mounts.more" -}}
{{- $list := list }}
{{- range $path, $m := .container.mounts }}
{{- if kindIs "string" $m }}{{ $m = dict "volume" $m }}{{ end }}
{{- $list = append $list (include "mount" (dict "app" $.app "path" $path "volume" $m.volume "subPath" $m.subPath "readOnly" $m.readOnly) | fromJson) }}
{{- end }}
{{- if include "tmp" .container }}{{ $list = append $list (dict "mountPath" "/tmp" "name" (printf "tmp--%s" .container.name)) }}{{ end }}
{{- dict "list" $list | toJson }}
{{- end }}

{{- /* Not empty where a container gets a folder for what it writes meanwhile. */}}
{{- define "tmp" -}}
{{- if not (or .writableRoot (has (toString .user) (list "root" "0")) (hasKey (.volumes | default dict) "/tmp") (hasKey (.mounts | default dict) "/tmp")) }}yes{{ end }}
{{- end }}

{{- define "source" -}}
{{- $v := .volume }}
{{- if kindIs "string" $v }}{{ $v = dict "size" $v }}{{ end }}
{{- if $v.emptyDir }}emptyDir: {sizeLimit: {{ $v.emptyDir }}}
{{- else if $v.memory }}emptyDir: {medium: Memory, sizeLimit: {{ $v.memory }}}
{{- else if $v.hostPath }}hostPath: {path: {{ toJson $v.hostPath }}}
{{- else if $v.nfs }}nfs: {server: {{ splitList ":" $v.nfs | first | toJson }}, path: {{ splitList ":" $v.nfs | last | toJson }}{{ if $v.readOnly }}, readOnly: true{{ end }}}
{{- else if $v.secret }}secret: {secretName: {{ toJson $v.secret }}, defaultMode: 0440{{ include "items" $v }}}
{{- else if $v.config }}configMap: {name: {{ toJson $v.config }}{{ include "items" $v }}}
{{- else }}persistentVolumeClaim: {claimName: {{ include "claim" (dict "app" .app "path" .path "volume" $v) | toJson }}{{ if $v.readOnly }}, readOnly: true{{ end }}}
{{- end }}
{{- end }}

{{- define "items" -}}
{{- with .keys }}, items: [{{ range $i, $key := . }}{{ if $i }}, {{ end }}{key: {{ toJson $key }}, path: {{ toJson $key }}}{{ end }}]{{ end }}
{{- end }}

{{- /* Whether a volume is a claim that belongs to each pod. */}}
{{- define "template" -}}
{{- if eq (include "kind" .app) "StatefulSet" }}{{ if kindIs "string" .volume }}yes{{ else if and .volume.size (not .volume.claim) }}yes{{ end }}{{ end }}
{{- end }}

{{- define "pod" -}}
metadata:
  labels: {{ include "labels" . }}
{{- if or .Values.annotations .Values.files }}
  annotations:
{{- with .Values.files }}
    checksum/files: {{ toJson . | sha256sum }} # pods are replaced when a file changes
{{- end }}
{{- range $key, $value := .Values.annotations }}
    {{ toJson $key }}: {{ include "text" $value }}
{{- end }}
{{- end }}
spec:
{{- if eq (include "kind" .) "CronJob" }}
  restartPolicy: Never
{{- end }}
  automountServiceAccountToken: false
  enableServiceLinks: false # for a Service called app, APP_PORT would be an address
{{- with .Values.pullSecrets }}
  imagePullSecrets:
{{- range . }}
    - name: {{ toJson . }}
{{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
  nodeSelector: {{ toJson . }}
{{- end }}
{{- with .Values.tolerations }}
  tolerations: {{ toJson . }}
{{- end }}
  securityContext:
    {{- include "user" .Values | nindent 4 }}
{{- $user := toString (ternary .Values.user 1000 (hasKey .Values "user")) }}
{{- if or (hasKey .Values "group") (not (has $user (list "root" "0" "image"))) }}
    fsGroup: {{ ternary .Values.group $user (hasKey .Values "group") | int64 }}
    fsGroupChangePolicy: OnRootMismatch
{{- end }}
    seccompProfile: {type: RuntimeDefault}
{{- with .Values.initContainers }}
  initContainers:
{{- range . }}
    {{- include "container" (dict "app" $ "container" . "name" .name "mounts" (include "mounts.more" (dict "app" $ "container" .) | fromJson).list "probed" false "own" true) | nindent 4 }}
{{- end }}
{{- end }}
  containers:
    {{- $isJob := eq (include "kind" .) "CronJob" }}
    {{- include "container" (dict "app" . "container" .Values "name" (include "name" .) "mounts" (include "mounts.main" . | fromJson).list "probed" (not $isJob) "own" false) | nindent 4 }}
{{- range .Values.containers }}
    {{- include "container" (dict "app" $ "container" . "name" .name "mounts" (include "mounts.more" (dict "app" $ "container" .) | fromJson).list "probed" (not $isJob) "own" true) | nindent 4 }}
{{- end }}
{{- with include "pod.volumes" . | trim }}
  volumes:
    {{- nindent 4 . }}
{{- end }}
{{- end }}

{{- define "pod.volumes" -}}
{{- range $path, $v := .Values.volumes }}
{{- if not (include "template" (dict "app" $ "volume" $v)) }}
- {name: {{ include "volume" $path }}, {{ include "source" (dict "app" $ "path" $path "volume" $v) }}}
{{- end }}
{{- end }}
{{- if .Values.files }}
- name: app--files
  configMap:
    name: {{ include "name" . }}
    items:
{{- range $path, $file := .Values.files }}
      - {key: {{ include "file" $path }}, path: {{ include "file" $path }}{{ if kindIs "map" $file }}{{ with $file.mode }}, mode: {{ . }}{{ end }}{{ end }}}
{{- end }}
{{- end }}
{{- if include "tmp" .Values }}
- {name: app--tmp, emptyDir: {}}
{{- end }}
{{- range concat .Values.initContainers .Values.containers }}
{{- if include "tmp" . }}
- {name: tmp--{{ .name }}, emptyDir: {}}
{{- end }}
{{- end }}
{{- end }}
