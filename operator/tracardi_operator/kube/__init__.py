"""Kubernetes, and nothing of our own kinds: session, verbs, reflector, work queue, lease.

Times are those of the running event loop's clock, in seconds: monotonic, and virtual where a test makes it so.
"""
