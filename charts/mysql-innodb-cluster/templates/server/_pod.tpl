{{/*
The server pod. Nothing in here may depend on serverInstances, routerInstances or topology: scaling and switching over
must not restart a member. A test holds that.
*/}}
{{- define "innodb-cluster.server.podTemplate" -}}
metadata:
  labels:
    {{- include "innodb-cluster.labels.pod" (dict "root" $ "component" "server") | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: mysql
    # Read only when a container starts. serverConfig.mycnf is not here: most of it can be set on a running mysqld, and the
    # converge hook restarts those that do not take it.
    checksum/scripts: {{ include "innodb-cluster.scripts" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "innodb-cluster.name.server" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.server.terminationGracePeriodSeconds | int }}
  {{- include "innodb-cluster.placement" (dict "root" $ "component" "server" "values" .Values.server) | trim | nindent 2 }}
  containers:
    {{- include "innodb-cluster.server.mysqlContainer" . | nindent 4 }}
    {{- include "innodb-cluster.server.agentContainer" . | nindent 4 }}
    {{- with .Values.server.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "innodb-cluster.server.volumes" . | nindent 4 }}
    {{- with .Values.server.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "innodb-cluster.server.volumes" -}}
# The option file and the statements of each start. They hold passwords, so they never reach a disk.
- name: conf
  emptyDir:
    medium: Memory
    sizeLimit: 4Mi
# Sockets of mysqld, which the agent connects to.
- name: run
  emptyDir:
    sizeLimit: 16Mi
- name: tmp
  emptyDir: {}
- name: agent-tmp
  emptyDir:
    sizeLimit: 64Mi
- name: internal
  secret:
    secretName: {{ include "innodb-cluster.name.internal" . }}
    defaultMode: 0440
    items:
      - key: adminPassword
        path: adminPassword
      - key: recoverySecret
        path: recoverySecret
      # The agent of the primary makes the routers' account again when it is missing.
      - key: routerPassword
        path: routerPassword
      # Routers are asked for their version where they have not registered it themselves.
      - key: restPassword
        path: restPassword
# Which restore the volume must be of, from the record.
- name: state
  configMap:
    name: {{ include "innodb-cluster.name.state" . }}
    optional: true
    items:
      - key: restoreIdentity
        path: restore
- name: extra
  configMap:
    name: {{ include "innodb-cluster.name.mycnf" . }}
- name: scripts
  configMap:
    name: {{ include "innodb-cluster.name.scripts" . }}
{{ include "innodb-cluster.volume.tls" (dict "root" $ "secret" (include "innodb-cluster.name.serverTls" $)) }}
{{ include "innodb-cluster.volume.token" . }}
{{- end -}}

{{/* Spec of the claim for a server's data. */}}
{{- define "innodb-cluster.server.dataClaim" -}}
{{- $claim := .Values.datadirVolumeClaimTemplate -}}
accessModes:
  {{- if kindIs "slice" $claim.accessModes }}
  {{- toYaml $claim.accessModes | nindent 2 }}
  {{- else }}
  - {{ $claim.accessModes }}
  {{- end }}
{{- if eq $claim.storageClassName "-" }}
storageClassName: ""
{{- else if $claim.storageClassName }}
storageClassName: {{ $claim.storageClassName }}
{{- end }}
resources:
  requests:
    storage: {{ $claim.resources.requests.storage }}
{{- end -}}
