"""The REST API of Tracardi: a client and what it returns. Knows Tracardi; neither Kubernetes nor our kinds."""
