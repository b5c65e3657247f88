{{- define "gateway.pod" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
serviceAccountName: {{ include "gateway.serviceAccount" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
# The drain, 10 s to end connections, 20 s to hand owners over.
terminationGracePeriodSeconds: {{ add .root.Values.drain.delaySeconds .root.Values.drain.timeoutSeconds 30 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1654
  runAsGroup: 1654
  fsGroup: 1654
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
containers:
  - name: gateway
    image: {{ include "gateway.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [serve, --role, {{ .role }}, --config, /etc/gateway/gateway.yaml]
    env:
      # Where other nodes call this one.
      - name: POD_IP
        valueFrom:
          fieldRef:
            fieldPath: status.podIP
      {{- with .root.Values.env }}{{ toYaml . | nindent 6 }}{{ end }}
    ports:
      {{- if .serves }}
      - name: data
        containerPort: 8080
      {{- end }}
      - name: admin
        containerPort: 9090
      {{- if and .serves (include "gateway.scaler" .root) }}
      - name: scaler
        containerPort: {{ .root.Values.autoscaling.scaler.port }}
      {{- end }}
      {{- if ne .role "edge" }}
      - name: silo
        containerPort: 11111
      - name: edges
        containerPort: 30000
      {{- end }}
    {{- include "gateway.probes" . | nindent 4 }}
    resources: {{- toYaml .node.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    volumeMounts:
      - name: config
        mountPath: /etc/gateway
        readOnly: true
      - name: cluster
        mountPath: /run/secrets/cluster
        readOnly: true
      {{- if .root.Values.nodeTls.secret }}
      - name: nodes
        mountPath: /run/secrets/nodes
        readOnly: true
      {{- end }}
      {{- range $name, $_ := .root.Values.secretFiles }}
      - name: secret-{{ $name }}
        mountPath: /run/secrets/{{ $name }}
        readOnly: true
      {{- end }}
      - name: state
        mountPath: /var/lib/gateway
      - name: tmp
        mountPath: /tmp
volumes:
  # As a folder, so that a change of the ConfigMap reaches the pod.
  - name: config
    configMap:
      name: {{ include "gateway.name" .root }}
  - name: cluster
    secret:
      secretName: {{ .root.Values.clusterSecret }}
      defaultMode: 0440
  {{- with .root.Values.nodeTls.secret }}
  - name: nodes
    secret:
      secretName: {{ . }}
      defaultMode: 0440
  {{- end }}
  {{- range $name, $file := .root.Values.secretFiles }}
  - name: secret-{{ $name }}
    secret:
      secretName: {{ $file.secret }}
      defaultMode: 0440
  {{- end }}
  {{- if not .serves }}
  # A silo keeps nothing.
  - name: state
    emptyDir: {}
  {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 1Gi
{{- with .node.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .node.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .node.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range $key, $when := dict "topology.kubernetes.io/zone" .root.Values.topologySpread.zone "kubernetes.io/hostname" .root.Values.topologySpread.host }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $when }}
    labelSelector:
      matchLabels:
        {{- include "gateway.selector" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.role }}
  {{- end }}
{{- end }}

{{- define "gateway.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
{{- end }}
