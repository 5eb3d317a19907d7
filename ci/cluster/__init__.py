"""A real Kubernetes on one Linux machine: a control plane on the host and nodes in namespaces of their own.

Nothing of it needs a container engine, an image registry or the machine's own network. What it makes lies in the
checkout's `.cluster` and in /run/mysql-innodb-cluster/<id>, and `down` removes all of it.
"""
