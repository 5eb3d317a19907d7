"""What an upgrade changes on a whole, running cluster: one module for each kind of change."""
