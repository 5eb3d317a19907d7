{{/*
Names of all objects, each in one place.

The hooks and agents derive the same names in model/names.py of their package; a test compares the two. A name is
"<R>-<what>", where R is the release's name or fullnameOverride, so several releases live in one namespace. Names of
objects that outlive the release (Secrets, the record, volumes) must never change between versions of the chart.
*/}}

{{/* R: the name of the cluster, its StatefulSet and its client Service. */}}
{{- define "innodb-cluster.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name -}}
{{- end -}}

{{/* Headless Service of the servers: the second label of their host names. */}}
{{- define "innodb-cluster.name.instances" -}}
{{ include "innodb-cluster.fullname" . }}-instances
{{- end -}}

{{/* Deployment of the routers. */}}
{{- define "innodb-cluster.name.router" -}}
{{ include "innodb-cluster.fullname" . }}-router
{{- end -}}

{{/* Server objects that are neither StatefulSet nor Service: ServiceAccount, Role. */}}
{{- define "innodb-cluster.name.server" -}}
{{ include "innodb-cluster.fullname" . }}-server
{{- end -}}

{{/* What the values ask for, as one document. */}}
{{- define "innodb-cluster.name.settings" -}}
{{ include "innodb-cluster.fullname" . }}-settings
{{- end -}}

{{/* The shell scripts of the MySQL containers. */}}
{{- define "innodb-cluster.name.scripts" -}}
{{ include "innodb-cluster.fullname" . }}-scripts
{{- end -}}

{{/* serverConfig.mycnf. */}}
{{- define "innodb-cluster.name.mycnf" -}}
{{ include "innodb-cluster.fullname" . }}-mycnf
{{- end -}}

{{/* The same for the prepare hook, which looks at it before anything is changed. */}}
{{- define "innodb-cluster.name.mycnfInput" -}}
{{ include "innodb-cluster.fullname" . }}-mycnf-input
{{- end -}}

{{/* The record of the cluster, written at run time. */}}
{{- define "innodb-cluster.name.state" -}}
{{ include "innodb-cluster.fullname" . }}-state
{{- end -}}

{{/* Passwords of internal accounts, written at run time. */}}
{{- define "innodb-cluster.name.internal" -}}
{{ include "innodb-cluster.fullname" . }}-internal
{{- end -}}

{{/* Lease of whoever bootstraps the group, made at run time. */}}
{{- define "innodb-cluster.name.bootstrapLease" -}}
{{ include "innodb-cluster.fullname" . }}-bootstrap
{{- end -}}

{{/* Hook that makes what must exist before the servers. */}}
{{- define "innodb-cluster.name.prepare" -}}
{{ include "innodb-cluster.fullname" . }}-prepare
{{- end -}}

{{/* The same hook when Helm goes back to earlier values. */}}
{{- define "innodb-cluster.name.rollback" -}}
{{ include "innodb-cluster.fullname" . }}-rollback
{{- end -}}

{{/* Secret that lives as long as the prepare hook and brings it credentials.root. */}}
{{- define "innodb-cluster.name.rootInput" -}}
{{ include "innodb-cluster.fullname" . }}-root-input
{{- end -}}

{{/* Hook that creates the cluster, or brings it to the values. */}}
{{- define "innodb-cluster.name.converge" -}}
{{ include "innodb-cluster.fullname" . }}-converge
{{- end -}}

{{/* CronJob that makes snapshots, with its ServiceAccount and Role; and the Lease of whoever makes one. */}}
{{- define "innodb-cluster.name.snapshot" -}}
{{ include "innodb-cluster.fullname" . }}-snapshot
{{- end -}}

{{/* CronJob that renews certificates, with its ServiceAccount and Role. A CronJob's name may have 52 characters. */}}
{{- define "innodb-cluster.name.renew" -}}
{{ printf "%s-renew" (include "innodb-cluster.fullname" .) | trunc 52 | trimSuffix "-" }}
{{- end -}}

{{/* Pod of helm test. */}}
{{- define "innodb-cluster.name.test" -}}
{{ include "innodb-cluster.fullname" . }}-test
{{- end -}}

{{/* Secret with the administrator's account. */}}
{{- define "innodb-cluster.name.credentials" -}}
{{- .Values.credentials.existingSecret | default (printf "%s-credentials" (include "innodb-cluster.fullname" .)) -}}
{{- end -}}

{{/*
Secrets with certificates. cert-manager puts the CA's certificate beside each one that it issues, so there the CA is
read from the servers' Secret.
*/}}
{{- define "innodb-cluster.name.serverTls" -}}
{{- .Values.tls.serverCertAndPKsecretName | default (printf "%s-tls" (include "innodb-cluster.fullname" .)) -}}
{{- end -}}

{{- define "innodb-cluster.name.routerTls" -}}
{{- .Values.tls.routerCertAndPKsecretName | default (printf "%s-router-tls" (include "innodb-cluster.fullname" .)) -}}
{{- end -}}

{{- define "innodb-cluster.name.caTls" -}}
{{- if eq (include "innodb-cluster.tls.mode" .) "cert-manager" -}}
{{- include "innodb-cluster.name.serverTls" . -}}
{{- else -}}
{{- .Values.tls.caSecretName | default (printf "%s-ca" (include "innodb-cluster.fullname" .)) -}}
{{- end -}}
{{- end -}}

{{/* VolumeSnapshotClass. It belongs to no namespace, hence the namespace in its name. */}}
{{- define "innodb-cluster.name.snapshotClass" -}}
{{- if .Values.snapshots.className -}}
{{- .Values.snapshots.className -}}
{{- else if .Values.snapshots.class.create -}}
{{- printf "%s-%s" .Release.Namespace (include "innodb-cluster.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* Domain that ends every host name of the namespace's Services. */}}
{{- define "innodb-cluster.serviceDomain" -}}
{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end -}}

{{/* Names that a Service goes by, as a JSON list. Called with (dict "root" $ "service" NAME). */}}
{{- define "innodb-cluster.hostNames" -}}
{{- $short := printf "%s.%s" .service .root.Release.Namespace -}}
{{- list .service $short (printf "%s.svc" $short) (printf "%s.%s" .service (include "innodb-cluster.serviceDomain" .root)) | toJson -}}
{{- end -}}

{{/* Names of all claims that servers of this release can have, as a YAML list. */}}
{{- define "innodb-cluster.dataClaims" -}}
{{- range $ordinal := until 9 }}
- {{ printf "data-%s-%d" (include "innodb-cluster.fullname" $) $ordinal }}
{{- end }}
{{- end -}}
