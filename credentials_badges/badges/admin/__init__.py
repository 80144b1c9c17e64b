"""The administration: these imports register its pages; each provider registers its own proxies of its accounts,
templates and badges.
"""

from credentials_badges.badges.admin import audit, messages, operations, progress, recomputations, rules, schedules

__all__ = ["audit", "messages", "operations", "progress", "recomputations", "rules", "schedules"]
