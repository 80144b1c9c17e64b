"""Addresses of the REST API."""

from django.urls import path

from credentials_badges.badges import views

urlpatterns = [
    path("events/", views.Events.as_view(), name="events"),
    path("retire_user/", views.RetireUser.as_view(), name="retire_user"),
]
