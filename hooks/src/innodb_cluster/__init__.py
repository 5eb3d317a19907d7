"""Hooks and agent of the MySQL InnoDB Cluster chart.

What happens is decided by pure functions (``decide``) from an observation
(``model``); ``effects`` read and write the world; ``jobs`` and ``agent`` join the
two. ``docs/architecture.md`` is the map.
"""

__version__ = "0.1.0"
