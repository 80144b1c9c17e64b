"""Addresses of the REST API of endorsements, below `/api/v1/`."""

from django.urls import path

from credentials_badges.endorsements import rest

urlpatterns = [
    path("endorsements/", rest.Endorsements.as_view()),
    path("endorsements/<uuid:uuid>/cancel/", rest.Cancel.as_view()),
    path("endorsements/<uuid:uuid>/hide/", rest.Hide.as_view()),
    path("endorsements/<uuid:uuid>/remind/", rest.Remind.as_view()),
    path("endorsements/<uuid:uuid>/show/", rest.Show.as_view()),
]
