"""Addresses of the organisers' desk, below `/desk/`."""

from django.urls import path

from providers.badgekit.desk import home

app_name = "desk"

urlpatterns = [
    path("", home.home, name="home"),
]
