"""Signing in with an account of another site; only where the package for it is installed."""
