"""Addresses of Open Badges documents: they are in documents that people keep, so they stay."""

from django.urls import path

from credentials_badges.openbadges import baked, v2, v3

ISSUER = "v3/issuers/<slug:provider>/<slug:key>"
FORM = {"form": "token"}

urlpatterns = [
    path("v2/assertions/<uuid:uuid>", v2.assertion, name="ob_assertion"),
    path("v2/assertions/<uuid:uuid>.<slug:kind>", baked.assertion, name="ob_baked"),
    path("v2/badges/<uuid:uuid>", v2.badge_class, name="ob_badge_class"),
    path("v2/endorsements/<uuid:uuid>", v2.endorsement, name="ob_endorsement"),
    path("v2/issuers/<slug:provider>/<slug:key>", v2.issuer, name="ob_issuer"),
    path("v2/issuers/<slug:provider>/<slug:key>/revocations", v2.revocations, name="ob_revocations"),
    path("v3/achievements/<uuid:uuid>", v3.achievement, name="ob3_achievement"),
    path("v3/credentials/<uuid:uuid>", v3.credential, name="ob3_credential"),
    path("v3/credentials/<uuid:uuid>.jwt", v3.credential, FORM, name="ob3_token"),
    path("v3/credentials/<uuid:uuid>.<slug:kind>", baked.credential, name="ob3_baked"),
    path("v3/endorsements/<uuid:uuid>", v3.endorsement, name="ob3_endorsement"),
    path("v3/endorsements/<uuid:uuid>.jwt", v3.endorsement, FORM, name="ob3_endorsement_token"),
    path(ISSUER, v3.issuer, name="ob3_issuer"),
    path(f"{ISSUER}/did.json", v3.did, name="ob3_did"),
    path(f"{ISSUER}/jwks.json", v3.jwks, name="ob3_jwks"),
    path(f"{ISSUER}/status/<slug:kind>/<int:number>", v3.status_list, name="ob3_status"),
    path(f"{ISSUER}/status/<slug:kind>/<int:number>.jwt", v3.status_list, FORM, name="ob3_status_token"),
]
