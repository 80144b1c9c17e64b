"""Announcements, and what became of each."""

from django.contrib import admin

from credentials_badges.badges.admin.messages import MessageAdmin
from credentials_badges.eventbus.models import Announcement


@admin.register(Announcement)
class AnnouncementAdmin(MessageAdmin):
    """What the event bus was, or will be, told about badges."""

    list_display = ("topic", "deed", *MessageAdmin.list_display)
    list_filter = (*MessageAdmin.list_filter, "deed")
    search_fields = ("topic", "event_id")
    readonly_fields = ("event_id",)
    fields = (
        *("topic", "deed", "event_id", "status", "attempts"),
        *("last_error", "not_before", "created_at", "sent_at"),
    )
