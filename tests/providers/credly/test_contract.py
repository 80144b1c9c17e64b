"""Credly keeps the contract that all adapters keep; the fixtures stand in ``conftest.py``."""

from tests.contract_suite import RemoteProviderContract


class TestCredly(RemoteProviderContract):
    """Played against its sandbox."""
