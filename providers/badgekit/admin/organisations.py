"""Pages of pictures, and of who issues badges."""

import secrets
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.badgekit.admin.stored import NamedAdmin, StoredAdmin
from providers.badgekit.models import Image, Issuer, Member, Program, System


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]
    """A picture that is elsewhere, or one that was uploaded."""

    instance: Image

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:  # It is not where somebody may only look.
            self.fields["slug"].required = False
            self.fields["slug"].help_text = gettext("Made up if left empty.")
            self.fields["url"].required = not self.instance.data

    def clean_slug(self) -> str:
        """One as the API makes them."""
        return self.cleaned_data["slug"] or secrets.token_hex(16)


@admin.register(Image)
class ImageAdmin(StoredAdmin):
    """Pictures by their addresses. Files are uploaded by the API."""

    form = ImageForm
    fields = ("url", "slug", "mimetype", "preview")
    readonly_fields = ("mimetype", "preview")
    list_display = ("slug", "url", "mimetype")
    search_fields = ("slug", "url")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the bytes of what was uploaded."""
        return super().get_queryset(request).defer("data")

    @admin.display(description=_("Preview"))
    def preview(self, image: Image) -> str:
        """The picture, if its address is one of the web or of ours."""
        url = image.shown_at
        shown = image.pk and url.startswith(("https://", "http://", "/images/"))
        return format_html('<img src="{}" alt="" height="96">', url) if shown else "-"


class OrganisationAdmin(NamedAdmin):
    """The columns that systems, issuers and programs share."""

    autocomplete_fields: ClassVar[Any] = ("image",)
    fields: ClassVar[Any] = ("name", "slug", "url", "email", "description", "image")


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who works for the system at the desk."""

    model = Member
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(System)
class SystemAdmin(OrganisationAdmin):
    """Systems."""

    list_display = ("name", "slug", "url")
    fields = (*OrganisationAdmin.fields, "banner")
    autocomplete_fields = ("image", "banner")
    inlines = (MemberInline,)


@admin.register(Issuer)
class IssuerAdmin(OrganisationAdmin):
    """Issuers."""

    fields = ("system", *OrganisationAdmin.fields)
    autocomplete_fields = ("system", "image")
    list_display = ("name", "slug", "system")
    list_filter = (("system", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("system",)


@admin.register(Program)
class ProgramAdmin(OrganisationAdmin):
    """Programs."""

    fields = ("issuer", *OrganisationAdmin.fields)
    autocomplete_fields = ("issuer", "image")
    list_display = ("name", "slug", "issuer")
    list_filter = (("issuer__system", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("issuer",)
