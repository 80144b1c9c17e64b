"""Who may call the REST API."""

from typing import Any

from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class PasswordAuthentication(BasicAuthentication):
    """HTTP Basic. A NUL, which PostgreSQL cannot even look for, is nobody's name."""

    def authenticate_credentials(self, userid: str, password: str, request: Request | None = None) -> tuple[Any, None]:
        """The user, or AuthenticationFailed."""
        if "\0" in userid:
            raise AuthenticationFailed("Invalid username/password.")
        user, _ = super().authenticate_credentials(userid, password, request)
        return user, None
