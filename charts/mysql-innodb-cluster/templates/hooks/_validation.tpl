{{/*
Containers that let mysqld itself look at serverConfig.mycnf, in the prepare hook's pod, before anything is changed.
There are none without it, because they cost an installation a second or two. mysqld's runs beside the hook's own, which
so can say that it never started.
*/}}
{{- define "innodb-cluster.hooks.init.prepare" -}}
{{- if include "innodb-cluster.mycnf" . }}
# Writes the option file that the first server would have.
- name: option-file
  {{- include "innodb-cluster.container" (dict "root" $ "image" "hooks") | nindent 2 }}
  command: [innodb-cluster, render, check]
  terminationMessagePolicy: FallbackToLogsOnError
  env:
    {{- include "innodb-cluster.env" . | nindent 4 }}
  resources:
    {{- toYaml .Values.hooks.resources | nindent 4 }}
  volumeMounts:
    - {name: conf, mountPath: /etc/innodb-cluster/conf}
    - {name: tmp, mountPath: /tmp}
{{- end }}
{{- end -}}

{{- define "innodb-cluster.hooks.beside.prepare" -}}
{{- if include "innodb-cluster.mycnf" . }}
# Leaves mysqld's verdict for the hook, whose words reach the user.
- name: validate
  {{- include "innodb-cluster.container" (dict "root" $ "image" "server") | nindent 2 }}
  command:
    - bash
    - -c
    - >-
      mysqld --defaults-file=/etc/innodb-cluster/conf/my.cnf --validate-config
      >/etc/innodb-cluster/validation/output 2>&1;
      echo "$?" >/etc/innodb-cluster/validation/status.new;
      mv /etc/innodb-cluster/validation/status.new /etc/innodb-cluster/validation/status
  resources:
    {{- toYaml .Values.hooks.resources | nindent 4 }}
  volumeMounts:
    - {name: conf, mountPath: /etc/innodb-cluster/conf, readOnly: true}
    - {name: extra, mountPath: /etc/innodb-cluster/extra, readOnly: true}
    - {name: validation, mountPath: /etc/innodb-cluster/validation}
    - {name: tmp, mountPath: /tmp}
{{- end }}
{{- end -}}
