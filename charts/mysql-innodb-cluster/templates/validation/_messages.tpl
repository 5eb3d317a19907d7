{{/*
Rules between values, which a schema can't say. Each check adds its messages to one list; all of them are shown at once.

A message names the values, says what is wrong with them and what to do. None shows a password.
*/}}
{{- define "innodb-cluster.validate" -}}
{{- $messages := list -}}
{{- range $check := list "names" "routers" "credentials" "tls" "topology" "storage" "snapshots" -}}
{{- $messages = concat $messages (include (printf "innodb-cluster.validate.%s" $check) $ | fromJsonArray) -}}
{{- end -}}
{{- if $messages -}}
{{- $text := "" -}}
{{- range $index, $message := $messages -}}
{{- $text = printf "%s\n  %d. %s" $text (add1 $index) $message -}}
{{- end -}}
{{- fail (printf "\n\nThe values can't be installed as they are:\n%s\n" $text) -}}
{{- end -}}
{{- end -}}

{{/*
Lengths: a StatefulSet's pods carry "<name>-<hash of up to 10>" in a label of at most 63 characters. A member's host
name must fit a DNS name (253) and so a certificate and MySQL's report_host (255).
*/}}
{{- define "innodb-cluster.validate.names" -}}
{{- $messages := list -}}
{{- $name := include "innodb-cluster.fullname" . -}}
{{- $what := ternary "fullnameOverride" "the release name" (not (empty .Values.fullnameOverride)) -}}
{{- if gt (len $name) 52 -}}
{{- $messages = append $messages (printf "%s \"%s\" has %d characters, at most 52 are possible: the pods of StatefulSet \"%s\" would need a longer label than Kubernetes allows (63, of which up to 11 are a hash). Choose a shorter release name, or set fullnameOverride." $what $name (len $name) $name) -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- $messages = append $messages (printf "%s \"%s\" can't name a Service: that takes lower-case letters, digits and \"-\", beginning with a letter and ending with a letter or digit. Choose another release name, or set fullnameOverride." $what $name) -}}
{{- end -}}
{{- $host := printf "%s-8.%s.%s" $name (include "innodb-cluster.name.instances" .) (include "innodb-cluster.serviceDomain" .) -}}
{{- if gt (len $host) 253 -}}
{{- $messages = append $messages (printf "a member's host name would have %d characters, at most 253 are possible: %s. Choose a shorter release name, namespace or clusterDomain." (len $host) $host) -}}
{{- end -}}
{{- $messages | toJson -}}
{{- end -}}

{{/* 1 is the default of routerInstances, so it contradicts nothing. */}}
{{- define "innodb-cluster.validate.routers" -}}
{{- $messages := list -}}
{{- $alias := .Values.router.instances -}}
{{- if not (kindIs "invalid" $alias) -}}
{{- if and (ne (int .Values.routerInstances) 1) (ne (int $alias) (int .Values.routerInstances)) -}}
{{- $messages = append $messages (printf "routerInstances is %d and router.instances is %d: both name the number of routers. Set one of them." (int .Values.routerInstances) (int $alias)) -}}
{{- end -}}
{{- end -}}
{{- $messages | toJson -}}
{{- end -}}

{{- define "innodb-cluster.validate.credentials" -}}
{{- $messages := list -}}
{{- $root := .Values.credentials.root -}}
{{- if and .Values.credentials.existingSecret $root.password -}}
{{- $messages = append $messages (printf "credentials.existingSecret is \"%s\" and credentials.root.password is set as well: the password would be ignored. Put it into the Secret, or leave one of them out." .Values.credentials.existingSecret) -}}
{{- end -}}
{{- if and (eq $root.user "root") (has $root.host (list "localhost" "127.0.0.1" "::1")) -}}
{{- $messages = append $messages (printf "credentials.root is root@%s: this account is taken, the agent reaches its own server through root@localhost. Choose another host, or another user." $root.host) -}}
{{- end -}}
{{- if regexMatch "^(mysql\\.(sys|session|infoschema)|innodb_cluster_admin|mysqlrouter|mysql_innodb_cluster_.*|mysql_router.*)$" $root.user -}}
{{- $messages = append $messages (printf "credentials.root.user is \"%s\": the cluster has an account of that name for itself. Choose another." $root.user) -}}
{{- end -}}
{{- if regexMatch "[\\x00-\\x1f\\x7f]" ($root.password | default "") -}}
{{- $messages = append $messages "credentials.root.password has a line break or another control character in it, which clients can't type. Is there a line break at the end of the file that it comes from?" -}}
{{- end -}}
{{- $messages | toJson -}}
{{- end -}}

{{- define "innodb-cluster.validate.tls" -}}
{{- $messages := list -}}
{{- $tls := .Values.tls -}}
{{- $named := list -}}
{{- $missing := list -}}
{{- range $key := list "caSecretName" "serverCertAndPKsecretName" "routerCertAndPKsecretName" -}}
{{- if index $tls $key -}}
{{- $named = append $named (printf "tls.%s" $key) -}}
{{- else -}}
{{- $missing = append $missing (printf "tls.%s" $key) -}}
{{- end -}}
{{- end -}}
{{- if and $tls.certManager.issuerRef $named -}}
{{- $messages = append $messages (printf "tls.certManager.issuerRef is set together with %s: certificates come either from cert-manager or from Secrets of yours. Set one of them." (join ", " $named)) -}}
{{- end -}}
{{- if and $tls.useSelfSigned $named $missing (not $tls.certManager.issuerRef) -}}
{{- $messages = append $messages (printf "%s: set, but not %s. An own CA doesn't sign beside yours: name all three Secrets, or none." (join ", " $named) (join ", " $missing)) -}}
{{- end -}}
{{- $messages | toJson -}}
{{- end -}}

{{- define "innodb-cluster.validate.topology" -}}
{{- $messages := list -}}
{{- $primary := .Values.topology.primary -}}
{{- if $primary -}}
{{- if eq .Values.topology.mode "multi-primary" -}}
{{- $messages = append $messages (printf "topology.primary is \"%s\" and topology.mode is multi-primary: there every member is a primary. Leave topology.primary empty." $primary) -}}
{{- end -}}
{{- $pods := list -}}
{{- range $ordinal := until (int .Values.serverInstances) -}}
{{- $pods = append $pods (printf "%s-%d" (include "innodb-cluster.fullname" $) $ordinal) -}}
{{- end -}}
{{- if not (has $primary $pods) -}}
{{- $messages = append $messages (printf "topology.primary is \"%s\", which is none of the %d servers: %s." $primary (int .Values.serverInstances) (join ", " $pods)) -}}
{{- end -}}
{{- end -}}
{{- $messages | toJson -}}
{{- end -}}

{{/*
The only look into the cluster, and only to refuse: what is rendered never depends on it. Where there is nothing to look
at (`helm template`, Argo CD), the prepare hook refuses the same.
*/}}
{{- define "innodb-cluster.validate.storage" -}}
{{- $messages := list -}}
{{- $wanted := .Values.datadirVolumeClaimTemplate.resources.requests.storage -}}
{{- $found := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "innodb-cluster.fullname" .) -}}
{{- range ($found.spec).volumeClaimTemplates -}}
{{- $before := .spec.resources.requests.storage -}}
{{- if lt (include "innodb-cluster.bytes" $wanted | float64) (include "innodb-cluster.bytes" $before | float64) -}}
{{- $messages = append $messages (printf "datadirVolumeClaimTemplate.resources.requests.storage is %s and was %s: volumes can't shrink. Set it back to %s." $wanted $before $before) -}}
{{- end -}}
{{- end -}}
{{- $messages | toJson -}}
{{- end -}}

{{/* A quantity such as 10Gi as a number of bytes. */}}
{{- define "innodb-cluster.bytes" -}}
{{- $base := ternary 1024.0 1000.0 (hasSuffix "i" .) -}}
{{- $bytes := regexFind "^[0-9.]+" . | float64 -}}
{{- $power := get (dict "k" 1 "K" 1 "M" 2 "G" 3 "T" 4 "P" 5 "E" 6) (regexFind "[kKMGTPE]" .) | default 0 | int -}}
{{- range until $power -}}
{{- $bytes = mulf $bytes $base -}}
{{- end -}}
{{- printf "%.0f" $bytes -}}
{{- end -}}

{{- define "innodb-cluster.validate.snapshots" -}}
{{- $messages := list -}}
{{- $class := .Values.snapshots.class -}}
{{- if and $class.create (not $class.driver) -}}
{{- $messages = append $messages "snapshots.class.create is true and snapshots.class.driver is empty: name the CSI driver that makes the snapshots." -}}
{{- end -}}
{{- $seen := list -}}
{{- range .Values.snapshots.declared -}}
{{- if has .name $seen -}}
{{- $messages = append $messages (printf "snapshots.declared has \"%s\" more than once: give every snapshot a name of its own." .name) -}}
{{- end -}}
{{- $seen = append $seen .name -}}
{{- end -}}
{{- $name := include "innodb-cluster.name.snapshot" . -}}
{{- if and .Values.snapshots.schedule (gt (len $name) 52) -}}
{{- $messages = append $messages (printf "snapshots.schedule is set, and its CronJob \"%s\" would have %d characters, at most 52 are possible. Choose a shorter release name, or set fullnameOverride." $name (len $name)) -}}
{{- end -}}
{{- /* Only a real cluster names kinds: rendered without one, nothing is known of its CRDs. */ -}}
{{- $kinds := .Capabilities.APIVersions -}}
{{- $asked := or $class.create .Values.snapshots.declared .Values.snapshots.schedule .Values.restore.snapshotName -}}
{{- if and $asked ($kinds.Has "v1/Pod") (not ($kinds.Has "snapshot.storage.k8s.io/v1/VolumeSnapshot")) -}}
{{- $messages = append $messages "the values ask for snapshots (snapshots.class.create, snapshots.declared, snapshots.schedule or restore.snapshotName), and this Kubernetes has no VolumeSnapshots: install the CRDs and the controller of kubernetes-csi/external-snapshotter and a CSI driver that makes snapshots, or leave these values out." -}}
{{- end -}}
{{- $messages | toJson -}}
{{- end -}}
