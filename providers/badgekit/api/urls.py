"""The addresses of the API: those of BadgeKit's own server, whatever slashes are at their ends."""

from django.urls import path, re_path

from providers.badgekit.api.views import api, health

urlpatterns = [
    path("", health, name="root"),
    re_path(r"^healthcheck/*$", health),
    re_path(r"^(?:systems|public|images)(?:/|$)", api),
]
