"""All addresses of the service; `docs/interface.md` lists them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("credentials_badges.badges.urls")),
]
