"""The administration: these imports register its pages; each provider registers its own proxies of its accounts,
templates and badges.
"""

from credentials_badges.badges.admin import messages, operations, progress, recomputations, rules

__all__ = ["messages", "operations", "progress", "recomputations", "rules"]
