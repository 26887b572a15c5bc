{{- /* One alert: root, name, expr, for, summary, description. The label namespace is the one of this application: an
AlertmanagerConfig sees no other alerts, unless Alertmanager is told otherwise. */}}
{{- define "alert" -}}
{{- $values := index .root.Values.alerts .name }}
{{- if ne (toString $values.enabled) "false" }}
- alert: {{ .name }}
  expr: {{ .expr | quote }}
{{- with .for }}
  for: {{ . }}
{{- end }}
  labels: {severity: {{ $values.severity | quote }}, namespace: {{ .root.Release.Namespace | quote }}}
  annotations:
    summary: {{ .summary | quote }}
{{- with .description }}
    description: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A group: name, and the texts of its alerts, which may all be empty. */}}
{{- define "group" -}}
{{- $rules := list }}
{{- range .rules }}{{ with trim . }}{{ $rules = append $rules . }}{{ end }}{{ end }}
{{- if $rules }}
- name: {{ .name }}
  rules:
{{- range $rules }}
{{- . | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "groups" -}}
{{- $alerts := .Values.alerts }}
{{- include "group" (dict "name" "logins" "rules" (list
  (include "alert" (dict "root" . "name" "ShellLoginFromOutside"
    "expr" (printf "time() - hostwatch_ssh_outside_login_timestamp_seconds < %s" (include "seconds" (index $alerts "ShellLoginFromOutside").for))
    "summary" "{{ $labels.user }} logged in from {{ $labels.address }}"
    "description" "A shell login on {{ $labels.instance }} from an address outside of the LAN. If it was not you: cut the node off, then ask why."))
  (include "alert" (dict "root" . "name" "SSHBruteForce"
    "expr" (printf "increase(hostwatch_ssh_failures_total[%s]) > %d" $alerts.SSHBruteForce.within (int $alerts.SSHBruteForce.failures))
    "summary" "{{ $value | humanize }} failed logins on {{ $labels.instance }}"
    "description" (printf "More than %d within %s." (int $alerts.SSHBruteForce.failures) $alerts.SSHBruteForce.within)))
  (include "alert" (dict "root" . "name" "SSHDistributedScan"
    "expr" (printf "hostwatch_ssh_failed_sources > %d" (int $alerts.SSHDistributedScan.sources))
    "summary" "Failed logins on {{ $labels.instance }} from {{ $value }} addresses"
    "description" "Many sources at once: fail2ban, which counts by address, does not see this."))
)) }}
{{- include "group" (dict "name" "watchers" "rules" (list
  (include "alert" (dict "root" . "name" "Fail2banDown" "for" "5m"
    "expr" "hostwatch_up{source=\"fail2ban\"} == 0 or hostwatch_fail2ban_jails == 0"
    "summary" "fail2ban on {{ $labels.instance }} bans nobody"
    "description" "It does not answer, or has no jail."))
  (include "alert" (dict "root" . "name" "HostwatchStale" "for" "1m"
    "expr" (printf "time() - hostwatch_last_run_timestamp_seconds > %s" (include "seconds" $alerts.HostwatchStale.after))
    "summary" "Nobody watches the logins on {{ $labels.instance }}"
    "description" "hostwatch last ran {{ $value | humanizeDuration }} ago. What it wrote then is still there, and says nothing."))
  (include "alert" (dict "root" . "name" "HostwatchBlind" "for" "5m"
    "expr" "hostwatch_up{source=\"journal\"} == 0"
    "summary" "hostwatch cannot read the journal of {{ $labels.instance }}"))
  (include "alert" (dict "root" . "name" "HostwatchAbsent" "for" "15m"
    "expr" (printf "absent(%s) or (node_textfile_scrape_error or max_over_time(%s[1d])) unless on (instance) %s"
      "hostwatch_last_run_timestamp_seconds" "hostwatch_last_run_timestamp_seconds" "hostwatch_last_run_timestamp_seconds")
    "summary" "There is no hostwatch on {{ or $labels.instance \"any node\" }}"
    "description" "Its metrics do not reach Prometheus: it is not installed, node_exporter does not read its file, or the node is gone."))
  (include "alert" (dict "root" . "name" "TextfileUnreadable" "for" "5m"
    "expr" "node_textfile_scrape_error == 1"
    "summary" "node_exporter on {{ $labels.instance }} cannot read a file of metrics"))
)) }}
{{- include "group" (dict "name" "nodes" "rules" (list
  (include "alert" (dict "root" . "name" "NodeDiskFilling" "for" "1h"
    "expr" (printf "predict_linear(%s[6h], %s) < 0 and node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.4" (include "avail" .) (include "seconds" $alerts.NodeDiskFilling.within))
    "summary" "{{ $labels.mountpoint }} on {{ $labels.instance }} is filling up"
    "description" (printf "At this rate it is full within %s." $alerts.NodeDiskFilling.within)))
  (include "alert" (dict "root" . "name" "NodeDiskAlmostFull" "for" "5m"
    "expr" (printf "100 * %s / node_filesystem_size_bytes < %d" (include "avail" .) (int $alerts.NodeDiskAlmostFull.freePercent))
    "summary" "{{ $labels.mountpoint }} on {{ $labels.instance }} has {{ $value | printf \"%.1f\" }} % left"))
)) }}
{{- include "group" (dict "name" "dead-mans-switch" "rules" (list
  (include "alert" (dict "root" . "name" "DeadMansSwitch"
    "expr" "vector(1)"
    "summary" "The alarm works"
    "description" "This alert is always there. When it is not, Prometheus, Alertmanager or the way to you is broken."))
)) }}
{{- $more := list }}
{{- range .Values.rules }}
{{- $more = append $more (include "more" (dict "rule" . "root" $)) }}
{{- end }}
{{- include "group" (dict "name" "more" "rules" $more) }}
{{- end }}

{{- /* An alert of the user's. */}}
{{- define "more" -}}
- alert: {{ .rule.alert }}
  expr: {{ .rule.expr | quote }}
{{- with .rule.for }}
  for: {{ . }}
{{- end }}
  labels: {severity: {{ .rule.severity | quote }}, namespace: {{ .root.Release.Namespace | quote }}}
  annotations:
    summary: {{ .rule.summary | quote }}
{{- with .rule.description }}
    description: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "avail" -}}
node_filesystem_avail_bytes{{ include "disks" . }}
{{- end }}
{{- /* What is on a disk, and can be written. */}}
{{- define "disks" -}}
{fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*|nsfs",mountpoint!~"/boot.*|/run/.*|/var/lib/kubelet/.*"}
{{- end }}

{{- /* A duration of Prometheus in seconds. */}}
{{- define "seconds" -}}
{{- $total := 0 }}
{{- range regexFindAll "[0-9]+(ms|s|m|h|d)" . -1 }}
{{- $number := int64 (regexFind "[0-9]+" .) }}
{{- $unit := regexFind "[a-z]+" . }}
{{- $total = add $total (mul $number (get (dict "ms" 0 "s" 1 "m" 60 "h" 3600 "d" 86400) $unit)) }}
{{- end }}
{{- $total }}
{{- end }}
