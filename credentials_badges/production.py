"""What a service that others can reach must not be started with."""

import ipaddress
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import SplitResult

from django.core.exceptions import ImproperlyConfigured

LEAST_SECRET, LEAST_KEY, LEAST_LETTERS = 32, 50, 5
"""How long a secret has to be, and SECRET_KEY by Django's own measure, and how many different characters it holds."""
WELL_KNOWN = ("change", "default", "django-insecure", "example", "insecure", "password", "secret", "test")
"""How secrets begin that somebody has copied from a page."""


def is_public(host: str) -> bool:
    """Whether it is the name of a host, or a pattern of such, that is not this machine alone."""
    with suppress(ValueError):
        return not ipaddress.ip_address(host.strip("[]")).is_loopback
    return host != "localhost" and not host.endswith(".localhost")


def refuse_unsafe(address: SplitResult, *, debug: bool, hosts: Sequence[str], **secrets: str) -> None:
    """Raises ImproperlyConfigured with all that is unsafe; `secrets` are texts by the names of their variables,
    empty where there is none.

    What is asked for under another host's name needs secrets that are none of everybody's. What is told to be reached
    from outside needs more.
    """
    wrong: list[str] = []
    outside = is_public(address.hostname or "")
    if outside or (not debug and any(map(is_public, hosts))):
        least = {"SECRET_KEY": LEAST_KEY}
        flaws = {name: flaw_of(told, least.get(name, LEAST_SECRET)) for name, told in secrets.items() if told}
        wrong += [f"{name} is {flaw}; make a long random text" for name, flaw in flaws.items() if flaw]
    if outside and debug:
        wrong.append("DEBUG is on, which shows our insides to everyone; turn it off")
    if outside and address.scheme != "https":
        wrong.append("PUBLIC_BASE_URL does not begin with https://, so passwords and secret links could be read")
    if outside and "*" in hosts:
        wrong.append("ALLOWED_HOSTS holds *, so links could be made to lead elsewhere; name the hosts")
    if wrong:
        raise ImproperlyConfigured(f"Not started, because others can reach this service: {'. '.join(wrong)}.")


def flaw_of(secret: str, least: int) -> str:
    """Why the secret is none; empty if it is one."""
    if secret.lower().startswith(WELL_KNOWN):
        return "a word that everybody knows"
    if len(secret) < least or len(set(secret)) < LEAST_LETTERS:
        return f"too short or too simple: at least {least} characters"
    return ""
