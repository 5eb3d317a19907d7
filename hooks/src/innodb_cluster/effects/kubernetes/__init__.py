"""Kubernetes: the objects that hooks and agents read and write."""
