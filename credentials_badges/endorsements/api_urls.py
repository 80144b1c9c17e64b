"""Addresses of the REST API of endorsements, below `/api/v1/`."""

from django.urls import path

from credentials_badges.endorsements import rest

urlpatterns = [
    path("endorsements/", rest.Endorsements.as_view()),
    path("endorsements/<str:uuid>/cancel/", rest.Cancel.as_view()),
    path("endorsements/<str:uuid>/hide/", rest.Hide.as_view()),
    path("endorsements/<str:uuid>/remind/", rest.Remind.as_view()),
    path("endorsements/<str:uuid>/show/", rest.Show.as_view()),
]
