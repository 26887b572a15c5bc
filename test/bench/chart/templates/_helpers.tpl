{{- define "root.labels" -}}
app.kubernetes.io/managed-by: roster
{{- end }}

{{- define "policy.head" -}}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "root.labels" . | nindent 4 }}
  annotations:
    argocd.argoproj.io/sync-wave: "-1"
{{- end }}

{{- define "policy.default-deny" }}
{{ include "policy.head" (dict "name" "default-deny" "namespace" .namespace) }}
spec:
  description: deny what no other policy allows
  endpointSelector: {}
  ingress:
    - {}
  egress:
    - {}
{{- end }}

{{- define "policy.allow-dns" }}
{{ include "policy.head" (dict "name" "allow-dns" "namespace" .namespace) }}
spec:
  description: resolve names; the DNS rule also lets Cilium learn the addresses behind allowed names
  endpointSelector: {}
  egress:
    - toEndpoints:
        - matchLabels:
            k8s:io.kubernetes.pod.namespace: kube-system
            k8s:k8s-app: kube-dns
      toPorts:
        - ports:
            - port: "53"
              protocol: ANY
          rules:
            dns:
              - matchPattern: "*"
{{- end }}

{{- define "policy.allow-ingress-controller" }}
{{ include "policy.head" (dict "name" "allow-ingress-controller" "namespace" .namespace) }}
spec:
  description: requests that come through the ingress controller, on any pod port
  endpointSelector: {}
  ingress:
    - fromEndpoints:
        - matchLabels:
            k8s:app.kubernetes.io/name: traefik
            k8s:io.kubernetes.pod.namespace: kube-system
{{- end }}

{{- define "policy.allow-world-https" }}
{{ include "policy.head" (dict "name" "allow-world-https" "namespace" .namespace) }}
spec:
  description: HTTPS to addresses outside of the cluster
  endpointSelector: {}
  egress:
    - toEntities:
        - world
      toPorts:
        - ports:
            - port: "443"
              protocol: TCP
{{- end }}

{{- define "profile.isolated" }}
{{- include "policy.default-deny" . }}
{{- end }}

{{- define "profile.isolated-job" }}
{{- include "profile.isolated" . }}
{{- include "policy.allow-dns" . }}
{{- end }}

{{- define "profile.web-app-internal" }}
{{- include "profile.isolated-job" . }}
{{- include "policy.allow-ingress-controller" . }}
{{- end }}

{{- define "profile.web-app" }}
{{- include "profile.web-app-internal" . }}
{{- include "policy.allow-world-https" . }}
{{- end }}
