{{/* Ports of the client Service. The two standard ports lead where service.defaultPort says. */}}
{{- define "innodb-cluster.service.ports" -}}
{{- $classic := .Values.service.defaultPort -}}
{{- $x := ternary "mysqlx-ro" "mysqlx-rw" (eq $classic "mysql-ro") -}}
{{- $ports := list
  (dict "name" "mysql" "port" 3306 "target" $classic)
  (dict "name" "mysqlx" "port" 33060 "target" $x)
  (dict "name" "mysql-rw" "port" 6446 "target" "mysql-rw")
  (dict "name" "mysql-ro" "port" 6447 "target" "mysql-ro")
  (dict "name" "mysqlx-rw" "port" 6448 "target" "mysqlx-rw")
  (dict "name" "mysqlx-ro" "port" 6449 "target" "mysqlx-ro")
  (dict "name" "mysql-rw-split" "port" 6450 "target" "mysql-rw-split")
  (dict "name" "router-rest" "port" 8443 "target" "router-rest")
-}}
{{- range $ports }}
- name: {{ .name }}
  port: {{ .port }}
  targetPort: {{ .target }}
  {{- $nodePort := index $.Values.service.nodePorts .name }}
  {{- if and $nodePort (ne $.Values.service.type "ClusterIP") }}
  nodePort: {{ $nodePort | int }}
  {{- end }}
{{- end }}
{{- end -}}
