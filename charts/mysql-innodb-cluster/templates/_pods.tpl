{{/*
Parts that several pods share.
*/}}

{{/* Image reference, called with (dict "root" $ "image" "server"|"router"|"hooks"). */}}
{{- define "innodb-cluster.image" -}}
{{- $image := index .root.Values.images .image -}}
{{- $version := ternary .root.Chart.Version .root.Chart.AppVersion (eq .image "hooks") -}}
{{- with $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $version }}{{ end -}}
{{- end -}}

{{/* Image, pull policy and security context of a container, called like the one above. */}}
{{- define "innodb-cluster.container" -}}
image: {{ include "innodb-cluster.image" . | quote }}
imagePullPolicy: {{ (index .root.Values.images .image).pullPolicy }}
{{- with .root.Values.containerSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
Environment of everything that runs the hooks image. Only what can't change while the cluster exists: a server's pod
template must stay the same when it is scaled or switched over, or every change of that kind would restart it.
*/}}
{{- define "innodb-cluster.env" -}}
- name: INNODB_CLUSTER_NAME
  value: {{ include "innodb-cluster.fullname" . | quote }}
- name: INNODB_CLUSTER_DOMAIN
  value: {{ .Values.clusterDomain | quote }}
- name: INNODB_CLUSTER_LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
- name: INNODB_CLUSTER_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: INNODB_CLUSTER_POD
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end -}}

{{/* What the agent of a server has to know on top of that. */}}
{{- define "innodb-cluster.env.server" -}}
{{ include "innodb-cluster.env" . }}
- name: INNODB_CLUSTER_BASE_SERVER_ID
  value: {{ .Values.baseServerId | int64 | quote }}
{{- /* Without a limit Kubernetes would say what the node has. */}}
{{- if ((.Values.server.resources).limits).memory }}
- name: INNODB_CLUSTER_MEMORY_LIMIT_BYTES
  valueFrom:
    resourceFieldRef:
      containerName: mysql
      resource: limits.memory
{{- end }}
{{- end -}}

{{/* Soft rules that keep pods of one component apart, called with (dict "root" $ "component" COMPONENT). */}}
{{- define "innodb-cluster.softAntiAffinity" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "innodb-cluster.labels.selector" . | nindent 12 }}
{{- end -}}

{{- define "innodb-cluster.softSpread" -}}
{{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "innodb-cluster.labels.selector" $ | nindent 6 }}
{{- end }}
{{- end -}}

{{/*
Where a pod may run and as whom. Called with (dict "root" $ "component" COMPONENT "values" VALUES), VALUES being
.Values.server or .Values.router.
*/}}
{{- define "innodb-cluster.placement" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
affinity:
  {{- if .values.affinity }}
  {{- toYaml .values.affinity | nindent 2 }}
  {{- else }}
  {{- include "innodb-cluster.softAntiAffinity" . | nindent 2 }}
  {{- end }}
topologySpreadConstraints:
  {{- if .values.topologySpreadConstraints }}
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
  {{- else }}
  {{- include "innodb-cluster.softSpread" . | trim | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Certificates as one directory: ca.crt, tls.crt, tls.key. Called with (dict "root" $ "secret" NAME). */}}
{{- define "innodb-cluster.volume.tls" -}}
- name: tls
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ include "innodb-cluster.name.caTls" .root }}
          items:
            - key: ca.crt
              path: ca.crt
      - secret:
          name: {{ .secret }}
          items:
            - key: tls.crt
              path: tls.crt
            - key: tls.key
              path: tls.key
{{- end -}}

{{/*
The ServiceAccount's token, for one container alone: mysqld in the same pod has no business with the Kubernetes API.
*/}}
{{- define "innodb-cluster.volume.token" -}}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end -}}
