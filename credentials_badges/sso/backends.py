"""How the other site is asked who somebody is: by OpenID Connect, or as Open edX's LMS is asked.

An account there is known here by a hash of the site and its own id: databases would take ``Ada`` and ``ada`` for one.
"""

from hashlib import sha256
from typing import Any

import jwt
from social_core.backends.oauth import BaseOAuth2PKCE
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.exceptions import AuthResponseError

from credentials_badges.sign_in import EDX, OIDC

LONGEST_SUBJECT = 255
"""Characters of ASCII, of OpenID Connect."""


def known_as(site: str, account: str) -> str:
    """By what an account of the site is known here."""
    return sha256(f"{site}\n{account}".encode()).hexdigest()


class OpenIdConnect(OpenIdConnectAuth[Any]):
    """Any provider of OpenID Connect: https://openid.net/specs/openid-connect-core-1_0.html"""

    name = OIDC
    DEFAULT_USE_PKCE = True

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What the ID token says, and where it says no address, what the provider tells besides."""
        claims = dict(self.id_token or {})
        if "email" not in claims and "userinfo_endpoint" in self.oidc_config():
            claims |= super().user_data(access_token, *args, **kwargs) or {}
        return claims

    def validate_userinfo_sub(self, userinfo: Any) -> Any:
        """What is told besides, if it is of the same account. Raises AuthResponseError, also for what is no object."""
        if not (isinstance(userinfo, dict) and userinfo.get("sub")):
            raise AuthResponseError(self, code="malformed_response", stage="user_info")
        return super().validate_userinfo_sub(userinfo)

    def get_user_id(self, details: Any, response: Any) -> str | None:
        """The subject, which is unique at its issuer only; None if there is none as the specification has it."""
        claims = self.id_token or {}
        subject = claims.get("sub")
        is_one = isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isascii()
        return known_as(str(claims["iss"]), str(subject)) if is_one else None

    def get_user_details(self, response: Any) -> dict[str, Any]:
        """Nothing: our own step reads the answer."""
        return {}


class OpenEdx(BaseOAuth2PKCE[Any]):
    """An Open edX LMS, whose access token is a JWT that says who it is."""

    name = EDX
    ID_KEY = "preferred_username"
    DEFAULT_SCOPE = ["user_id", "profile", "email"]
    REDIRECT_STATE = False

    def authorization_url(self) -> str:
        """Where people are sent."""
        return f"{self.setting('PUBLIC_URL_ROOT')}/oauth2/authorize"

    def access_token_url(self) -> str:
        """Where we ask, perhaps within our own network."""
        return f"{self.setting('URL_ROOT')}/oauth2/access_token"

    def auth_complete_params(self, state: str | None = None) -> dict[str, Any]:
        """Asks for a JWT."""
        params: dict[str, Any] = super().auth_complete_params(state)  # type: ignore[no-untyped-call]
        return {**params, "token_type": "jwt"}

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What the token says. It comes from the LMS itself in answer to our own call: no signature has to say so."""
        try:
            claims: dict[str, Any] = jwt.decode(access_token, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise AuthResponseError(self, code="malformed_response", stage="user_info") from error
        return claims

    def get_user_id(self, details: Any, response: Any) -> str | None:
        """The username, which the LMS gives to nobody else."""
        username = response.get(self.ID_KEY)
        is_one = isinstance(username, str) and username.isprintable()
        return known_as(str(self.setting("PUBLIC_URL_ROOT")), username) if is_one else None

    def get_user_details(self, response: Any) -> dict[str, Any]:
        """Nothing: our own step reads the answer."""
        return {}
