"""Everything that reads or writes the world: MySQL, Kubernetes, files, clock."""
