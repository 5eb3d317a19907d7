"""Decisions: pure functions from an observation to a plan."""
