{{/*
Specs of the hook Jobs and of the test Pod.

A Job may take timeouts.install seconds. Its command gives up twenty seconds earlier and says why, because Kubernetes
ends a Job that is late by deleting the running pod, with its log. The twenty seconds are for starting the pod.

Called with (dict "root" $ "job" "prepare"|"converge"|"snapshot"|"renew"), and "arguments" LIST for more than the bare command.
*/}}
{{- define "innodb-cluster.hooks.jobSpec" -}}
activeDeadlineSeconds: {{ .root.Values.timeouts.install | int }}
{{ include "innodb-cluster.hooks.jobTemplate" . }}
{{- end -}}

{{/* The schedule's Job: time for the snapshot, for waiting on another run, and for starting the pod. */}}
{{- define "innodb-cluster.snapshots.jobSpec" -}}
activeDeadlineSeconds: {{ add (int .Values.timeouts.snapshot) 120 }}
{{ include "innodb-cluster.hooks.jobTemplate" (dict "root" . "job" "snapshot") }}
{{- end -}}

{{- define "innodb-cluster.hooks.jobTemplate" -}}
# Attempts are limited by the deadline, not by their number.
backoffLimit: 50
podFailurePolicy:
  rules:
    # The configuration is wrong, or it would lose data: trying again doesn't help.
    - action: FailJob
      onExitCodes:
        containerName: {{ .job }}
        operator: In
        values: [64, 65]
    # Its time is over. A second pod would come too late, and hide the log of the first one from helm.
    - action: FailJob
      onExitCodes:
        containerName: {{ .job }}
        operator: In
        values: [69]
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
template:
  metadata:
    labels:
      {{- include "innodb-cluster.labels.pod" (dict "root" .root "component" "hook") | nindent 6 }}
  spec:
    {{- include "innodb-cluster.hooks.podSpec" (dict "root" .root "name" .job "serviceAccount" .job "command" (concat (list "innodb-cluster" "job" .job) (.arguments | default list))) | nindent 4 }}
{{- end -}}

{{/* Called with (dict "root" $ "name" CONTAINER "serviceAccount" "prepare"|"converge"|"snapshot"|"renew" "command" LIST). */}}
{{- define "innodb-cluster.hooks.podSpec" -}}
{{- $values := .root.Values -}}
restartPolicy: Never
serviceAccountName: {{ include (printf "innodb-cluster.name.%s" .serviceAccount) .root }}
automountServiceAccountToken: true
enableServiceLinks: false
terminationGracePeriodSeconds: 5
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.hooks.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.hooks.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with ternary (include "innodb-cluster.hooks.init.prepare" .root | trim) "" (eq .serviceAccount "prepare") }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .name }}
    {{- include "innodb-cluster.container" (dict "root" .root "image" "hooks") | nindent 4 }}
    command: {{ .command | toJson }}
    # So that `kubectl describe` shows why it failed.
    terminationMessagePolicy: FallbackToLogsOnError
    env:
      {{- include "innodb-cluster.env" .root | nindent 6 }}
      # Doubled, because Kubernetes replaces $(NAME) in a value.
      - name: INNODB_CLUSTER_SETTINGS
        value: {{ include "innodb-cluster.settings" .root | fromJson | toJson | replace "$(" "$$(" | quote }}
      {{- if eq .serviceAccount "snapshot" }}
      # The same for every pod of the Job: a second one goes on with the snapshot that the first had asked for.
      - name: INNODB_CLUSTER_RUN
        valueFrom:
          fieldRef:
            fieldPath: metadata.labels['batch.kubernetes.io/job-name']
      {{- end }}
    resources:
      {{- toYaml $values.hooks.resources | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      {{- with include (printf "innodb-cluster.hooks.mounts.%s" .serviceAccount) .root | trim }}
      {{- . | nindent 6 }}
      {{- end }}
  {{- with ternary (include "innodb-cluster.hooks.beside.prepare" .root | trim) "" (eq .serviceAccount "prepare") }}
  {{- . | nindent 2 }}
  {{- end }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- with include (printf "innodb-cluster.hooks.volumes.%s" .serviceAccount) .root | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "innodb-cluster.hooks.mounts.prepare" -}}
{{- if not .Values.credentials.existingSecret }}
- {name: input, mountPath: /etc/innodb-cluster/input, readOnly: true}
{{- end }}
{{- if include "innodb-cluster.mycnf" . }}
- {name: extra, mountPath: /etc/innodb-cluster/extra, readOnly: true}
- {name: validation, mountPath: /etc/innodb-cluster/validation, readOnly: true}
{{- end }}
{{- end -}}

{{- define "innodb-cluster.hooks.volumes.prepare" -}}
{{- if not .Values.credentials.existingSecret }}
- name: input
  secret:
    secretName: {{ include "innodb-cluster.name.rootInput" . }}
    defaultMode: 0440
{{- end }}
{{- if include "innodb-cluster.mycnf" . }}
- name: conf
  emptyDir:
    medium: Memory
    sizeLimit: 4Mi
- name: validation
  emptyDir:
    sizeLimit: 4Mi
- name: extra
  configMap:
    name: {{ include "innodb-cluster.name.mycnfInput" . }}
{{- end }}
{{- end -}}

{{- define "innodb-cluster.hooks.mounts.converge" -}}
- {name: extra, mountPath: /etc/innodb-cluster/extra, readOnly: true}
- {name: internal, mountPath: /etc/innodb-cluster/internal, readOnly: true}
- {name: root, mountPath: /etc/innodb-cluster/root, readOnly: true}
- {name: tls, mountPath: /etc/innodb-cluster/tls, readOnly: true}
{{- end -}}

{{/* Certificates are read and written through the API: nothing is mounted. */}}
{{- define "innodb-cluster.hooks.mounts.renew" -}}
{{- end -}}

{{- define "innodb-cluster.hooks.volumes.renew" -}}
{{- end -}}

{{/* Of the certificates only the CA's: converge checks servers and routers by it. */}}
{{- define "innodb-cluster.hooks.volumes.converge" -}}
- name: extra
  configMap:
    name: {{ include "innodb-cluster.name.mycnf" . }}
- name: internal
  secret:
    secretName: {{ include "innodb-cluster.name.internal" . }}
    defaultMode: 0440
- name: root
  secret:
    secretName: {{ include "innodb-cluster.name.credentials" . }}
    defaultMode: 0440
- name: tls
  secret:
    secretName: {{ include "innodb-cluster.name.caTls" . }}
    defaultMode: 0440
    items:
      - key: ca.crt
        path: ca.crt
{{- end -}}

{{/* Like converge, but for the root account, which a snapshot has nothing to do with. */}}
{{- define "innodb-cluster.hooks.mounts.snapshot" -}}
- {name: internal, mountPath: /etc/innodb-cluster/internal, readOnly: true}
- {name: tls, mountPath: /etc/innodb-cluster/tls, readOnly: true}
{{- end -}}

{{- define "innodb-cluster.hooks.volumes.snapshot" -}}
- name: internal
  secret:
    secretName: {{ include "innodb-cluster.name.internal" . }}
    defaultMode: 0440
    items:
      - key: adminPassword
        path: adminPassword
- name: tls
  secret:
    secretName: {{ include "innodb-cluster.name.caTls" . }}
    defaultMode: 0440
    items:
      - key: ca.crt
        path: ca.crt
{{- end -}}
