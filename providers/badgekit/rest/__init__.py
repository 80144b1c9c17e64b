"""The REST API of codes, claims and reports, below `/api/v1/`."""
