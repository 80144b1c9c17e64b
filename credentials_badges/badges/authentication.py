"""Who may call the REST API."""

from typing import Any

from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from credentials_badges.badges.passwords import TooManyFailures


class PasswordAuthentication(BasicAuthentication):
    """HTTP Basic. A NUL, which PostgreSQL cannot even look for, is nobody's name."""

    def authenticate_credentials(self, userid: str, password: str, request: Request | None = None) -> tuple[Any, None]:
        """The user. Raises AuthenticationFailed, or Throttled after too many wrong passwords."""
        if "\0" in userid:
            raise AuthenticationFailed("Invalid username/password.")
        try:
            user, _ = super().authenticate_credentials(userid, password, request)
        except TooManyFailures as failures:
            raise Throttled(failures.after, "There were too many wrong passwords.") from None
        return user, None
