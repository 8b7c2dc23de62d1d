"""The service types, one a file; `catalogue` finds them."""
