"""The catalogue: what each service type is made of. One small file per type; adding a type is adding a file."""
