"""The adapters that are installed: each Django app of a provider registers its own in ``ready()``."""

from credentials_badges.contract.errors import UnknownProvider
from credentials_badges.contract.provider import Provider

_providers: dict[str, Provider] = {}


def register(provider: Provider) -> None:
    """Make an adapter known under its slug. Registering a second one of that slug is a programming error."""
    if provider.slug in _providers and type(_providers[provider.slug]) is not type(provider):
        raise ValueError(f"two adapters call themselves {provider.slug!r}")
    _providers[provider.slug] = provider


def get(slug: str) -> Provider:
    """The adapter of that slug. Raises `UnknownProvider`, naming those that are installed."""
    try:
        return _providers[slug]
    except KeyError:
        raise UnknownProvider(f"no provider is called {slug!r}; installed are: {', '.join(slugs())}") from None


def slugs() -> list[str]:
    """The slugs of all installed adapters, sorted."""
    return sorted(_providers)
