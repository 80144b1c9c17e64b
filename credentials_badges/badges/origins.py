"""Where a request comes from, by which visitors are told apart who are not signed in."""

import re
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def network(request: HttpRequest) -> str:
    """Where the visitor comes from: an address, or the 64 bits that one customer shares in the newer protocol.

    Behind PROXIES proxies of ours, the address is the one that the outermost of them has seen; what came in with the
    request before is not believed.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        told = [part for part in re.split(r"[,\s]+", request.headers.get("X-Forwarded-For", "")) if part]
        seen = told[-settings.PROXIES] if len(told) >= settings.PROXIES else seen
    try:
        found = ip_address(seen)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
