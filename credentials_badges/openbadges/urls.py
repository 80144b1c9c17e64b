"""Addresses of Open Badges documents: they are in documents that people keep, so they stay."""

from django.urls import path

from credentials_badges.openbadges import views

urlpatterns = [
    path("assertions/<uuid:uuid>", views.assertion, name="ob_assertion"),
    path("badges/<uuid:uuid>", views.badge_class, name="ob_badge_class"),
    path("issuers/<slug:provider>/<slug:key>", views.issuer, name="ob_issuer"),
    path("issuers/<slug:provider>/<slug:key>/revocations", views.revocations, name="ob_revocations"),
]
