"""`make up` and `make down`: from a bare machine, or a Kubernetes that is there, to a running cluster and back.

This package only orders what the others do (binaries, cluster, images, Helm), shows progress and says how long each
step took. It knows nothing of MySQL.
"""
