"""Builds the images of the local cluster (server, router, hooks) from Debian packages and Python wheels.

No container engine is needed: packages are resolved and fetched by apt, unpacked without running their maintainer
scripts, trimmed, and written as layers whose bytes depend on their contents alone. Every layer is cached under the
hash of what went into it, so that a change of the Python code rewrites one small layer and nothing else.
"""
