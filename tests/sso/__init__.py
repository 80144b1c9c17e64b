"""Signing in with accounts of other sites."""
