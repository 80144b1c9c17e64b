"""Who has changed what."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from credentials_badges.badges.admin.base import ReadOnlyAdmin, pretty_json
from credentials_badges.badges.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The trail, newest first: to be read, and changed by nobody."""

    list_display = ("at", "actor_name", "via", "action", "label", "model", "key")
    list_filter = ("via", "model", "at", ("actor", admin.RelatedOnlyFieldListFilter))
    search_fields = ("actor_name", "action", "label")
    fields = ("at", "actor", "actor_name", "via", "action", "model", "key", "label", "what")

    @admin.display(description=gettext_lazy("Changes"))
    def what(self, entry: AuditEntry) -> SafeString:
        """By column: what stood there before, and what since."""
        return pretty_json(entry.changes)
