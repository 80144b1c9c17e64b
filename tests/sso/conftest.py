"""Fixtures: a provider that answers, and this service told of it by its settings."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from social_core.backends import utils

from credentials_badges.sign_in import sign_in
from tests.sso.provider import CLIENT, SECRET, Provider, provider


@pytest.fixture
def harbour(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Harbour has accounts of OpenID Connect, and an LMS; both are known here."""
    with provider() as one:
        edx = "SOCIAL_AUTH_EDX_OAUTH2_"
        told = {"OIDC_ISSUER": one.url, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET, "OIDC_NAME": "Harbour"}
        told |= {f"{edx}URL_ROOT": one.url, f"{edx}KEY": CLIENT, f"{edx}SECRET": SECRET, "EDX_NAME": "Harbour Academy"}
        for name, said in told.items():
            monkeypatch.setenv(name, said)
        settings.SIGN_IN_WITH, backends, more = sign_in()
        for name, value in more.items():
            setattr(settings, name, value)
        settings.AUTHENTICATION_BACKENDS = [*django_settings.AUTHENTICATION_BACKENDS, *backends]
        monkeypatch.setattr(utils, "BACKENDSCACHE", {})
        yield one
