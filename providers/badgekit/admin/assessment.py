"""Pages of applications and reviews, to read: they are made and decided at the system's own site."""

from django.contrib import admin

from credentials_badges.badges.admin.base import ReadOnlyAdmin
from providers.badgekit.admin.stored import ShownInline
from providers.badgekit.models import Application, Evidence, Review, ReviewItem


class EvidenceInline(ShownInline):
    """What the learner shows."""

    model = Evidence
    fields = ("url", "media_type", "reflection")


class ReviewInline(ShownInline):
    """What others say of it."""

    model = Review
    fields = ("slug", "author", "comment")
    show_change_link = True


class ReviewItemInline(ShownInline):
    """What the review says of each criterion."""

    model = ReviewItem
    fields = ("criterion", "satisfied", "comment")


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    """Learners who ask for a badge."""

    inlines = (EvidenceInline, ReviewInline)
    list_display = ("slug", "badge", "learner", "created", "assigned_to", "processed")
    list_filter = (("processed", admin.EmptyFieldListFilter), ("badge__system", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("badge",)
    search_fields = ("slug", "learner", "badge__name", "badge__slug")


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """What somebody thinks of an application."""

    inlines = (ReviewItemInline,)
    list_display = ("slug", "application", "author")
    list_select_related = ("application",)
    search_fields = ("slug", "author", "application__slug", "application__learner")
