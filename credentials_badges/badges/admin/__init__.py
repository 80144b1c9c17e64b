"""The administration: these imports register its pages; each provider registers its own proxies of its accounts,
templates and badges.
"""

from credentials_badges.badges.admin import (
    audit,
    learners,
    messages,
    operations,
    progress,
    recomputations,
    rules,
    schedules,
    search_page,
    syncs,
)

__all__ = [
    "audit",
    "learners",
    "messages",
    "operations",
    "progress",
    "recomputations",
    "rules",
    "schedules",
    "search_page",
    "syncs",
]
