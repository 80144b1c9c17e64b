"""The administration: these imports register its pages; each provider registers its own proxies of `base`."""

from credentials_badges.badges.admin import base, operations, progress, rules

__all__ = ["base", "operations", "progress", "rules"]
