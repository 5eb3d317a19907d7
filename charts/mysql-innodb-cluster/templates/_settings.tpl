{{/*
Who issues the certificates. Certificates that the values name come before useSelfSigned, because that one is true
unless somebody says otherwise.
*/}}
{{- define "innodb-cluster.tls.mode" -}}
{{- $tls := .Values.tls -}}
{{- if $tls.certManager.issuerRef -}}
cert-manager
{{- else if or $tls.caSecretName $tls.serverCertAndPKsecretName $tls.routerCertAndPKsecretName -}}
own
{{- else -}}
{{- ternary "self-signed" "own" $tls.useSelfSigned -}}
{{- end -}}
{{- end -}}

{{/* Number of routers: router.instances when set, else routerInstances. */}}
{{- define "innodb-cluster.routerInstances" -}}
{{- if kindIs "invalid" .Values.router.instances -}}
{{- .Values.routerInstances | int -}}
{{- else -}}
{{- .Values.router.instances | int -}}
{{- end -}}
{{- end -}}

{{/*
What the values ask for, as one JSON document without secrets. model/settings.py of the hooks' package reads it, from
the ConfigMap (agents, so that a change restarts no pod) or from the environment (hooks).
*/}}
{{- define "innodb-cluster.settings" -}}
{{- $tls := dict
  "mode" (include "innodb-cluster.tls.mode" .)
  "caSecret" (include "innodb-cluster.name.caTls" .)
  "serverSecret" (include "innodb-cluster.name.serverTls" .)
  "routerSecret" (include "innodb-cluster.name.routerTls" .)
-}}
{{- dict
  "clusterName" (include "innodb-cluster.fullname" .)
  "namespace" .Release.Namespace
  "clusterDomain" .Values.clusterDomain
  "serverInstances" (int .Values.serverInstances)
  "routerInstances" (include "innodb-cluster.routerInstances" . | int)
  "baseServerId" (int64 .Values.baseServerId)
  "topologyMode" .Values.topology.mode
  "topologyPrimary" .Values.topology.primary
  "allowForeignKeyCascades" .Values.topology.allowForeignKeyCascades
  "lostQuorum" .Values.recovery.lostQuorum
  "lostQuorumSeconds" (int .Values.recovery.lostQuorumSeconds)
  "hungSeconds" (int .Values.recovery.hungSeconds)
  "rootUser" .Values.credentials.root.user
  "rootHost" .Values.credentials.root.host
  "rootSecretName" (include "innodb-cluster.name.credentials" .)
  "rootSecretIsExternal" (not (empty .Values.credentials.existingSecret))
  "tls" $tls
  "serviceName" (include "innodb-cluster.fullname" .)
  "extraHostNames" .Values.tls.extraHostNames
  "jobDeadlineSeconds" (sub .Values.timeouts.install 20)
  "serverVersion" (.Values.images.server.tag | default .Chart.AppVersion)
  "snapshots" (include "innodb-cluster.settings.snapshots" . | fromJson)
  "restore" (include "innodb-cluster.settings.restore" . | fromJson)
  "dataClaim" (include "innodb-cluster.settings.dataClaim" . | fromJson)
  | toPrettyJson -}}
{{- end -}}

{{- define "innodb-cluster.settings.snapshots" -}}
{{- dict
  "className" (include "innodb-cluster.name.snapshotClass" .)
  "quiesce" .Values.snapshots.quiesce
  "retention" .Values.snapshots.retention
  "timeoutSeconds" (int .Values.timeouts.snapshot)
  | toJson -}}
{{- end -}}

{{- define "innodb-cluster.settings.restore" -}}
{{- dict
  "snapshotName" .Values.restore.snapshotName
  "generation" (int .Values.restore.generation)
  "safetySnapshot" .Values.restore.safetySnapshot
  "allowOtherCluster" .Values.restore.allowOtherCluster
  | toJson -}}
{{- end -}}

{{/* The servers' claim: for the one that a restore makes in the StatefulSet's stead, and for volumes that grow. */}}
{{- define "innodb-cluster.settings.dataClaim" -}}
{{- $spec := include "innodb-cluster.server.dataClaim" . | fromYaml -}}
{{- $claim := dict
  "accessModes" $spec.accessModes
  "size" $spec.resources.requests.storage
  "labels" (include "innodb-cluster.labels.stable" (dict "root" $ "component" "server") | fromYaml)
-}}
{{- if hasKey $spec "storageClassName" -}}
{{- $claim = set $claim "storageClassName" $spec.storageClassName -}}
{{- end -}}
{{- $claim | toJson -}}
{{- end -}}

{{/*
serverConfig.mycnf as an option file: text before the first section belongs to [mysqld]. Above the text nothing is taken
away, and what is put there the hooks know by its first line, so that they count the lines as the user does.
*/}}
{{- define "innodb-cluster.mycnf" -}}
{{- $text := regexReplaceAll "\\s+\\z" .Values.serverConfig.mycnf "" -}}
{{- if and $text (not (regexMatch "^\\[" (regexReplaceAll "(?m)^\\s*([#;].*)?\\n" $text ""))) -}}
# --- innodb-cluster: serverConfig.mycnf, which names no section first ---
[mysqld]
{{ end -}}
{{- $text -}}
{{- end -}}

{{/*
What mysqld reads of it, with a marker: a running mysqld shows it as report_user, which nothing else uses in a group. So
the hooks know which text each one was started with. decide/server_options.py of the hooks' package knows the first lines
of this and of what stands above the text.
*/}}
{{- define "innodb-cluster.mycnf.file" -}}
{{- $text := include "innodb-cluster.mycnf" . -}}
{{- with $text }}{{ . }}
{{ end -}}
# --- innodb-cluster: a running mysqld tells by this which text it was started with ---
[mysqld]
report_user = mycnf-{{ $text | sha256sum | trunc 16 }}
{{ end -}}

{{/* The scripts, name by name. */}}
{{- define "innodb-cluster.scripts" -}}
{{- range $script := list "initialize.sh" "run-mysqld.sh" "step-down.sh" "run-router.sh" }}
{{ $script }}: |
  {{- $.Files.Get (printf "files/%s" $script) | nindent 2 }}
{{- end }}
{{- end -}}
