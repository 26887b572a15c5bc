{{/* What is looked at: pods, and what makes them. */}}
{{- define "resourceRules" -}}
- {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, pods/ephemeralcontainers, replicationcontrollers], scope: "*"}
- {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [daemonsets, deployments, replicasets, statefulsets], scope: "*"}
- {apiGroups: [batch], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [cronjobs, jobs], scope: "*"}
{{- end }}

{{/* A change that leaves the pod as it was is none of ours: what ran before may be scaled, annotated and deleted. */}}
{{- define "changed" -}}
name: changed
expression: >-
  request.operation != 'UPDATE' || (has(dyn(object).spec.jobTemplate) ? dyn(object).spec.jobTemplate != dyn(oldObject).spec.jobTemplate
  : has(dyn(object).spec.template) ? dyn(object).spec.template != dyn(oldObject).spec.template
  : dyn(object).spec != dyn(oldObject).spec || dyn(object).metadata.?labels != dyn(oldObject).metadata.?labels)
{{- end }}

{{/* The workloads that are excepted, by namespace, and what they make: a Deployment's ReplicaSets and their pods, a CronJob's Jobs and their pods. */}}
{{- define "excepted" -}}
name: not-excepted
expression: >-
  !{{ include "mapping" . }}[?request.namespace].orValue([]).exists(n, dyn(object).metadata.?name.orValue('') == n
  || dyn(object).metadata.?ownerReferences.orValue([]).exists(o, o.name == n
  || o.kind == 'ReplicaSet' && o.name == n + '-' + dyn(object).metadata.?labels[?'pod-template-hash'].orValue('')
  || o.kind == 'Job' && o.name.startsWith(n + '-') && o.name.substring(size(n) + 1).matches('^[0-9]+$')))
{{- end }}

{{/* A mapping of names of namespaces to lists of names, in CEL. */}}
{{- define "mapping" -}}
{{- $pairs := list }}
{{- range $namespace, $names := . }}
{{- $quoted := list }}
{{- range $names }}{{ $quoted = append $quoted (squote .) }}{{ end }}
{{- $pairs = append $pairs (printf "%s: [%s]" (squote $namespace) (join ", " $quoted)) }}
{{- end -}}
{ {{- join ", " $pairs -}} }
{{- end }}

{{/* Which namespaces: those of a list, or all but those of a list. */}}
{{- define "namespaces" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: {{ .operator }}
    values: {{ toJson .names }}
{{- end }}

{{/* The variables and the one rule of a guardrail. */}}
{{- define "rule" -}}
variables:
{{- range .variables }}
  - name: {{ .name }}
    expression: {{ toJson .expression }}
{{- end }}
  - name: wrong
    expression: {{ .guardrail.wrong | replace "TEAM" .team | toJson }}
validations:
  - expression: size(variables.wrong) == 0
    message: {{ printf "%sunknown" .guardrail.message | toJson }}
    messageExpression: {{ printf "'%s' + variables.wrong.join(', ')" .guardrail.message | toJson }}
{{- end }}

{{/* Where a guardrail applies: a list of {suffix, action, operator, names}, as JSON. */}}
{{- define "applies" -}}
{{- $out := list }}
{{- $of := dig "actions" .name dict .roster }}
{{- range $action := list "audit" "enforce" }}
{{- with get $of $action }}{{ $out = append $out (dict "suffix" $action "action" $action "operator" "In" "names" .) }}{{ end }}
{{- end }}
{{- with get .others .name }}{{ if ne . "none" }}
{{- $out = append $out (dict "suffix" (printf "others-%s" .) "action" . "operator" "NotIn" "names" (dig "listed" list $.roster)) }}
{{- end }}{{ end }}
{{- toJson $out }}
{{- end }}
