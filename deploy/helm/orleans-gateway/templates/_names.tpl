{{- define "gateway.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 48 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 48 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "gateway.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "gateway.name" .) }}
{{- end }}

{{- define "gateway.image" -}}
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}{{ end -}}
{{- end }}

{{/* Roles that have nodes: those with replicas, and the one that scales. */}}
{{- define "gateway.roles" -}}
{{- $roles := list }}
{{- range $role, $node := .Values.nodes }}
{{- if or (gt (int $node.replicas) 0) (eq (include "gateway.scales" (dict "root" $ "role" $role)) "true") }}{{ $roles = append $roles $role }}{{ end }}
{{- end }}
{{- if not (or (has "both" $roles) (has "silo" $roles)) }}{{ fail "nodes: an edge needs a silo. State replicas of both or of silo." }}{{ end }}
{{- if not (or (has "both" $roles) (has "edge" $roles)) }}{{ fail "nodes: nobody serves clients. State replicas of both or of edge." }}{{ end }}
{{- $scaling := .Values.autoscaling }}
{{- if and (ne $scaling.by "none") (lt (int $scaling.min) 1) (not (and (include "gateway.scaler" .) (eq $scaling.role "edge") (has "both" $roles))) }}{{ fail "autoscaling.min: 0 needs by: keda, scaler.enabled, role: edge, and replicas of both, which hear of the first request." }}{{ end }}
{{- join " " $roles }}
{{- end }}

{{- define "gateway.scales" -}}
{{- and (ne .root.Values.autoscaling.by "none") (eq .root.Values.autoscaling.role .role) }}
{{- end }}

{{/* "true" where the gateway decides how many there should be, and KEDA asks it. */}}
{{- define "gateway.scaler" -}}
{{- if and (eq .Values.autoscaling.by "keda") .Values.autoscaling.scaler.enabled }}true{{ end }}
{{- end }}

{{/* gateway.yaml: what the values state goes before what the chart adds. */}}
{{- define "gateway.config" -}}
{{- $ours := dict
  "listeners" (dict "data" (list "0.0.0.0:8080") "admin" "0.0.0.0:9090")
  "state" "/var/lib/gateway"
  "drain_delay" (printf "%ds" (int .Values.drain.delaySeconds))
  "drain_timeout" (printf "%ds" (int .Values.drain.timeoutSeconds))
  "cluster" (dict
    "name" .Release.Name
    "redis" "file:/run/secrets/cluster/redis"
    "postgres" "file:/run/secrets/cluster/postgres"
    "silo" "${POD_IP}:11111"
    "edge_port" 30000) }}
{{- if .Values.nodeTls.secret }}
{{- $_ := set $ours.cluster "tls" (dict
  "certificate" "file:/run/secrets/nodes/tls.crt"
  "key" "file:/run/secrets/nodes/tls.key"
  "ca" "file:/run/secrets/nodes/ca.crt") }}
{{- end }}
{{- if include "gateway.scaler" . }}
{{- with .Values.autoscaling }}
{{- $bounds := dict "replicas_min" (int .min) "replicas_max" (int .max) }}
{{- $_ := set $ours "scaling" (dict
  "listen" (printf "0.0.0.0:%d" (int .scaler.port))
  "targets" (dict "gateway" (merge $bounds .scaler.policy))) }}
{{- end }}
{{- end }}
{{- mustMergeOverwrite $ours (deepCopy .Values.config) | toYaml }}
{{- end }}
