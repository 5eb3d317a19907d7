{{/* The router pod. */}}
{{- define "innodb-cluster.router.podTemplate" -}}
metadata:
  labels:
    {{- include "innodb-cluster.labels.pod" (dict "root" $ "component" "router") | nindent 4 }}
    {{- include "innodb-cluster.labels.reachable" . | nindent 4 }}
    {{- with .Values.router.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: router
    checksum/scripts: {{ include "innodb-cluster.scripts" . | sha256sum }}
    {{- with .Values.router.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "innodb-cluster.name.router" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.router.terminationGracePeriodSeconds | int }}
  {{- include "innodb-cluster.placement" (dict "root" $ "component" "router" "values" .Values.router) | trim | nindent 2 }}
  containers:
    # Started in this order: the agent writes the configuration that the router waits for.
    {{- include "innodb-cluster.router.agentContainer" . | nindent 4 }}
    {{- include "innodb-cluster.router.routerContainer" . | nindent 4 }}
    {{- with .Values.router.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "innodb-cluster.router.volumes" . | nindent 4 }}
    {{- with .Values.router.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "innodb-cluster.router.routerContainer" -}}
- name: router
  {{- include "innodb-cluster.container" (dict "root" $ "image" "router") | nindent 2 }}
  command: [bash, /opt/innodb-cluster-scripts/run-router.sh]
  {{- with .Values.router.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - {name: mysql-rw, containerPort: 6446}
    - {name: mysql-ro, containerPort: 6447}
    - {name: mysqlx-rw, containerPort: 6448}
    - {name: mysqlx-ro, containerPort: 6449}
    - {name: mysql-rw-split, containerPort: 6450}
    - {name: router-rest, containerPort: 8443}
  resources:
    {{- toYaml .Values.router.resources | nindent 4 }}
  # Whether it has a destination, by the agent's word; before the cluster exists, whether it listens.
  readinessProbe:
    httpGet:
      path: /readyz
      port: 8081
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 2
  # The REST port listens also while the database is down: only the process itself is looked at.
  livenessProbe:
    tcpSocket:
      port: router-rest
    initialDelaySeconds: 15
    periodSeconds: 15
    timeoutSeconds: 5
    failureThreshold: 4
    terminationGracePeriodSeconds: 5
  volumeMounts:
    - {name: conf, mountPath: /etc/innodb-cluster/conf}
    - {name: internal, mountPath: /etc/innodb-cluster/internal, readOnly: true}
    - {name: scripts, mountPath: /opt/innodb-cluster-scripts, readOnly: true}
    - {name: tls, mountPath: /etc/innodb-cluster/tls, readOnly: true}
    - {name: run, mountPath: /var/run/mysqlrouter}
    - {name: tmp, mountPath: /tmp}
    {{- with .Values.router.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "innodb-cluster.router.agentContainer" -}}
# Writes the router's configuration, while the router's container makes its keyring, and then answers for its readiness. As
# an init container the first part would come before all of the rest, and a new router would serve seconds later.
- name: agent
  {{- include "innodb-cluster.container" (dict "root" $ "image" "hooks") | nindent 2 }}
  command: [bash, -c, innodb-cluster render router && exec innodb-cluster router-agent]
  env:
    {{- include "innodb-cluster.env" . | nindent 4 }}
  ports:
    - {name: agent, containerPort: 8081}
  resources:
    {{- toYaml .Values.router.agentResources | nindent 4 }}
  readinessProbe:
    httpGet:
      path: /healthz
      port: agent
    periodSeconds: 5
    timeoutSeconds: 2
  livenessProbe:
    httpGet:
      path: /healthz
      port: agent
    initialDelaySeconds: 15
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
    # A process that stands still does not stop when it is told to, and an agent has nothing to lose.
    terminationGracePeriodSeconds: 5
  volumeMounts:
    - {name: conf, mountPath: /etc/innodb-cluster/conf}
    - {name: internal, mountPath: /etc/innodb-cluster/internal, readOnly: true}
    - {name: tls, mountPath: /etc/innodb-cluster/tls, readOnly: true}
    - {name: state, mountPath: /etc/innodb-cluster/state, readOnly: true}
    - {name: run, mountPath: /var/run/mysqlrouter}
    - {name: agent-tmp, mountPath: /tmp}
{{- end -}}

{{- define "innodb-cluster.router.volumes" -}}
# Configuration, keyring and its key. They hold passwords, so they never reach a disk.
- name: conf
  emptyDir:
    medium: Memory
    sizeLimit: 4Mi
# Here the agent leaves word that the router is to be started again.
- name: run
  emptyDir:
    sizeLimit: 1Mi
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
- name: agent-tmp
  emptyDir:
    sizeLimit: 64Mi
- name: internal
  secret:
    secretName: {{ include "innodb-cluster.name.internal" . }}
    defaultMode: 0440
    items:
      - key: routerPassword
        path: routerPassword
      - key: restPassword
        path: restPassword
- name: scripts
  configMap:
    name: {{ include "innodb-cluster.name.scripts" . }}
# Whether the cluster exists.
- name: state
  configMap:
    name: {{ include "innodb-cluster.name.state" . }}
    optional: true
{{ include "innodb-cluster.volume.tls" (dict "root" $ "secret" (include "innodb-cluster.name.routerTls" $)) }}
{{- end -}}
