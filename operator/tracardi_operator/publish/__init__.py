"""What is published, one module per form."""
