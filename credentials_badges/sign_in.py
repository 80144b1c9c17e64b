"""With whose accounts people sign in besides passwords here: an OpenID Connect provider's, an Open edX's, or neither.

For `settings`. The package that does it is an extra: the service runs without it until one of them is set.
"""

from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from credentials_badges.env import text
from credentials_badges.production import is_public

OIDC, EDX = "oidc", "edx-oauth2"
"""How each is called in addresses; the second as Open edX operators know it."""
IS_INSTALLED = find_spec("social_django") is not None
# Where the package is, its tables are, too: whoever is retired is forgotten there, whether it is turned on or not.
APPS = ["social_django", "credentials_badges.sso"] if IS_INSTALLED else []


def sign_in() -> tuple[dict[str, str], list[str], dict[str, object]]:
    """What the buttons call each site, Django's backends for them, and the package's settings.

    Raises ImproperlyConfigured if something is missing.
    """
    ways: dict[str, str] = {}
    found = dict(PIPELINE)
    issuer = text("OIDC_ISSUER")
    key, secret = text("OIDC_CLIENT_ID"), text("OIDC_CLIENT_SECRET")
    if _is_whole(OIDC_ISSUER=issuer, OIDC_CLIENT_ID=key, OIDC_CLIENT_SECRET=secret):
        ways[OIDC] = text("OIDC_NAME", default=_host("OIDC_ISSUER", issuer))
        found |= {
            "SOCIAL_AUTH_OIDC_OIDC_ENDPOINT": issuer.rstrip("/"),
            "SOCIAL_AUTH_OIDC_ID_TOKEN_ISSUER": issuer,
            "SOCIAL_AUTH_OIDC_KEY": key,
            "SOCIAL_AUTH_OIDC_SECRET": secret,
        }
    edx = {name: text(f"SOCIAL_AUTH_EDX_OAUTH2_{name}") for name in ("URL_ROOT", "KEY", "SECRET")}
    public = text("SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT", default=edx["URL_ROOT"])
    if _is_whole(**{f"SOCIAL_AUTH_EDX_OAUTH2_{name}": said for name, said in edx.items()}):
        _host("SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT", edx["URL_ROOT"], is_ours=True)
        ways[EDX] = text("EDX_NAME", default=_host("SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT", public))
        edx |= {"URL_ROOT": edx["URL_ROOT"].rstrip("/"), "PUBLIC_URL_ROOT": public.rstrip("/")}
        found |= {f"SOCIAL_AUTH_EDX_OAUTH2_{name}": said for name, said in edx.items()}
    if ways and not IS_INSTALLED:
        raise ImproperlyConfigured(
            f"Signing in with {' and '.join(ways.values())} needs the optional dependencies sso: "
            "pip install 'credentials-badges[sso]'."
        )
    known = {OIDC: "OpenIdConnect", EDX: "OpenEdx"}
    return ways, [f"credentials_badges.sso.backends.{known[way]}" for way in ways], found


PIPELINE: dict[str, object] = {
    # Neither tokens nor anything else that the provider tells is kept, but whom its account stands for here.
    "SOCIAL_AUTH_PIPELINE": [
        "social_core.pipeline.social_auth.social_details",
        "social_core.pipeline.social_auth.social_uid",
        "social_core.pipeline.social_auth.social_user",
        "credentials_badges.sso.finding.find_learner",
        "social_core.pipeline.social_auth.associate_user",
    ],
    "SOCIAL_AUTH_REQUESTS_TIMEOUT": 10.0,
}


def _is_whole(**said: str) -> bool:
    """Whether all of it is set; nothing of it may be set alone."""
    missing = [name for name, each in said.items() if not each]
    if missing and len(missing) < len(said):
        raise ImproperlyConfigured(f"Not set: {', '.join(missing)}; signing in needs all of {', '.join(said)}.")
    return not missing


def _host(name: str, url: str, *, is_ours: bool = False) -> str:
    """The host that the address names. What is within our own network need not be https."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host and (is_ours or not is_public(host))):
        raise ImproperlyConfigured(f"{name} has to begin with https://.")
    return host
