"""Measurements on the embedded Kubernetes, as a client sees them; README.md says what makes a figure worth printing."""
