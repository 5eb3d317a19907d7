{{/*
Labels. Those that select never change between versions of the chart, because selectors and volume claim templates
can't be changed on a living object.

Called with (dict "root" $ "component" "server"|"router"|"hook").
*/}}

{{- define "innodb-cluster.labels.selector" -}}
app.kubernetes.io/name: mysql-innodb-cluster
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/*
The same and the cluster's name, which is not always the release's. Hooks and agents find pods by it and put it on
whatever they make, so everything of a cluster is found by it, also what outlives the release.
*/}}
{{- define "innodb-cluster.labels.stable" -}}
{{ include "innodb-cluster.labels.selector" . }}
innodb-cluster.mysql/cluster: {{ include "innodb-cluster.fullname" .root }}
{{- end -}}

{{/*
Router pods are born with it, so that they are led to while no agent is there; the primary's agent takes it from one that
cannot be reached (docs/adr/0018). It must not be in the Deployment's selector, or that would make another pod.
*/}}
{{- define "innodb-cluster.labels.reachable" -}}
innodb-cluster.mysql/reachable: "yes"
{{- end -}}

{{/* Labels of pods: no chart version, so that a new chart alone restarts nothing. */}}
{{- define "innodb-cluster.labels.pod" -}}
{{ include "innodb-cluster.labels.stable" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{/* Labels of all other objects. */}}
{{- define "innodb-cluster.labels" -}}
{{ include "innodb-cluster.labels.pod" . }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/*
Head of an object's metadata: name, namespace, labels.

Called with (dict "root" $ "name" NAME "component" COMPONENT).
*/}}
{{- define "innodb-cluster.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "innodb-cluster.labels" . | nindent 2 }}
{{- end -}}

{{/*
Annotations of a hook. Jobs stay until the next run, for their logs. There is no ttlSecondsAfterFinished anywhere:
with it Helm can wait for a Job that is already gone.

Called with (dict "on" EVENTS "weight" WEIGHT), and "policy" where the object must not stay.
*/}}
{{- define "innodb-cluster.hookAnnotations" -}}
helm.sh/hook: {{ .on }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: {{ .policy | default "before-hook-creation" }}
{{- end -}}
