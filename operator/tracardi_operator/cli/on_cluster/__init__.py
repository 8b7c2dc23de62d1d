"""What `status` and `recheck` read of a cluster, with the rights of their caller, and make of it."""
