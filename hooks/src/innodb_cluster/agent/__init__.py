"""The sidecars: repair of one's own member, labels, health endpoints."""
