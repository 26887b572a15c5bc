package rules

// alertExample is a list with alerting, and an alert of a severity. The AlertmanagerConfig is as alerting has it.
func alertExample(severity string) string {
	return `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
- namespace: sys-alerting
  applications: [{applicationCode: sys-alerting, catalog: alerting}]
- namespace: sys-rules
  networkPolicies: isolated
  applications: [{applicationCode: sys-rules, path: rules}]
-- rules/rules.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: backup}
spec:
  groups:
    - name: backup
      rules:
        - alert: BackupMissing
          expr: time() - backup_last_success_timestamp_seconds > 86400
          for: 1h
          labels: {severity: ` + severity + `}
          annotations: {summary: There is no backup of last night}
-- rules/routes.yaml --
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: rules}
spec:
  route:
    receiver: bus
    routes:
      - receiver: bus
        matchers: [{name: severity, value: critical, matchType: "="}]
  receivers:
    - name: bus
      webhookConfigs: [{url: 'http://ntfy.web-ntfy.svc.cluster.local/hl-crit'}]
`
}

// hardened is a Deployment for the examples that passes all levels, with something added to its container.
func hardened(more string) string {
	return hardenedWith("", more)
}

// hardenedWith is hardened, with something added to the pod as well.
func hardenedWith(pod, container string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
` + pod + `      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: app
          image: registry.example/app:1.2.3
` + container + `          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /, port: http}}
          livenessProbe: {httpGet: {path: /healthz, port: http}}
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
`
}
