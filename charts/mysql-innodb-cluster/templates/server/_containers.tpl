{{/* Containers of the server pod. */}}

{{- define "innodb-cluster.server.mysqlContainer" -}}
# Makes the data directory, once, and then runs mysqld.
- name: mysql
  {{- include "innodb-cluster.container" (dict "root" $ "image" "server") | nindent 2 }}
  command: [bash, /opt/innodb-cluster-scripts/run-mysqld.sh]
  lifecycle:
    preStop:
      exec:
        command: [bash, /opt/innodb-cluster-scripts/step-down.sh]
  {{- with .Values.server.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - {name: mysql, containerPort: 3306}
    - {name: mysqlx, containerPort: 33060}
    - {name: gr-xcom, containerPort: 33061}
  resources:
    {{- toYaml .Values.server.resources | nindent 4 }}
  # Crash recovery takes as long as the data is large, so starting is never cut short (a day). The agent sees whether
  # mysqld answers: a command in the container would cost a tenth of a second of processor time, each time.
  startupProbe:
    httpGet:
      path: /startz
      port: 8080
    periodSeconds: 1
    timeoutSeconds: 2
    failureThreshold: 86400
  # Whether the process answers, nothing more: a member that is recovering must not be killed. Not by the agent's word,
  # which may be frozen itself.
  livenessProbe:
    exec:
      command: [mysqladmin, --defaults-file=/etc/innodb-cluster/conf/my.cnf, ping]
    periodSeconds: 20
    timeoutSeconds: 5
    failureThreshold: 3
    # Who has not answered for a minute does not stop in two more: clients wait for its end.
    terminationGracePeriodSeconds: 30
  # Whether this member is ONLINE, by the agent's word.
  readinessProbe:
    httpGet:
      path: /readyz
      port: 8080
    periodSeconds: 1
    timeoutSeconds: 2
    failureThreshold: 3
  volumeMounts:
    - {name: data, mountPath: /var/lib/mysql}
    - {name: conf, mountPath: /etc/innodb-cluster/conf, readOnly: true}
    # Its option file ends by reading this, at every start.
    - {name: extra, mountPath: /etc/innodb-cluster/extra, readOnly: true}
    - {name: scripts, mountPath: /opt/innodb-cluster-scripts, readOnly: true}
    - {name: tls, mountPath: /etc/innodb-cluster/tls, readOnly: true}
    - {name: run, mountPath: /var/run/mysqld}
    - {name: tmp, mountPath: /tmp}
    {{- with .Values.server.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "innodb-cluster.server.agentContainer" -}}
# Writes this member's option file, and makes a new server of a volume that was restored from a snapshot, while the server's
# container makes a data directory where there is none. As init containers both would cost seconds of each start.
- name: agent
  {{- include "innodb-cluster.container" (dict "root" $ "image" "hooks") | nindent 2 }}
  command: [innodb-cluster, agent]
  env:
    {{- include "innodb-cluster.env.server" . | nindent 4 }}
  ports:
    - {name: agent, containerPort: 8080}
  resources:
    {{- toYaml .Values.server.agentResources | nindent 4 }}
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
    - {name: extra, mountPath: /etc/innodb-cluster/extra, readOnly: true}
    - {name: state, mountPath: /etc/innodb-cluster/state, readOnly: true}
    - {name: data, mountPath: /var/lib/mysql}
    - {name: tls, mountPath: /etc/innodb-cluster/tls, readOnly: true}
    - {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
    - {name: run, mountPath: /var/run/mysqld}
    - {name: agent-tmp, mountPath: /tmp}
{{- end -}}
