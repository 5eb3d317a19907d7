"""Hook Jobs: observe, decide and perform until done or refused."""
