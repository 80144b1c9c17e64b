"""The pages of endorsements."""

from django.urls import path

from credentials_badges.endorsements.answering_pages import endorse
from credentials_badges.endorsements.asking_pages import endorsements

urlpatterns = [
    path("endorse/<str:token>/", endorse, name="endorse"),
    path("endorsements/<slug:kind>/<str:ident>/", endorsements, name="endorsements"),
]
