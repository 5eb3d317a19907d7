"""Files: option files, router configuration, mounted Secrets."""
