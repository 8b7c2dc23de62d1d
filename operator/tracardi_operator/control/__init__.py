"""The control loop: what is known (store), one pass over one Resource (reconcile), and what keeps it going."""
