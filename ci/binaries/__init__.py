"""The programs of the local cluster and of the checks, built from pinned Go modules and kept in the user's cache."""
