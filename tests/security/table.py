"""Who may do what at each address: what is not listed, nobody may. A new address has to be entered here."""

NOBODY: tuple[str, ...] = ()
ADMINISTRATOR = ("administrator",)
CLAIMANT = ("claimant",)
OWNER = (*ADMINISTRATOR, "owner")
REVIEWER = (*OWNER, "reviewer")
READER = (*REVIEWER, "reader")
SIGNED_IN = (*READER, "claimant", "learner", "another system's owner", "clerk")
EVERYONE = (*SIGNED_IN, "anonymous")
OUTSIDERS = ("anonymous", "learner", "another system's owner", "clerk")
"""Who must not see a byte of what is the village's."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
LOOK = {"GET": READER}

OF_SYSTEM = {
    "badges/": LOOK,
    "batches/": {"GET": READER, "POST": OWNER},
    "batches/<int:batch>/": LOOK,
    "batches/<int:batch>/mail/": {"POST": OWNER},
    "claim-codes/": {"GET": READER, "POST": OWNER},
    "claim-codes.csv": LOOK,
    "claim-codes/import/": {"POST": OWNER},
    "claim-codes/<int:code>/": {"GET": READER, "PATCH": OWNER, "DELETE": OWNER},
    "claim-codes/<int:code>/pause/": {"POST": OWNER},
    "claim-codes/<int:code>/resume/": {"POST": OWNER},
    "claim-codes/<int:code>/hand-out/": {"POST": OWNER},
    "claim-codes/<int:code>/share/": LOOK,
    "claim-codes/<int:code>/qr.svg": LOOK,
    "claim-codes/<int:code>/qr.png": LOOK,
    "claims/": LOOK,
    "claims/<int:claim>/": LOOK,
    "claims/<int:claim>/evidence/<int:evidence>/": LOOK,
    "claims/<int:claim>/approve/": {"POST": REVIEWER},
    "claims/<int:claim>/send-back/": {"POST": REVIEWER},
    "claims/<int:claim>/reject/": {"POST": REVIEWER},
    "claims/<int:claim>/take/": {"POST": REVIEWER},
    "claims/<int:claim>/let-go/": {"POST": REVIEWER},
    "members/": LOOK,
    "members/<path:username>/": {"PUT": OWNER, "DELETE": OWNER},
    "reports/": LOOK,
    "reports/earners/": LOOK,
}
API = {
    "api/v1/events/": {"POST": ADMINISTRATOR},
    "api/v1/retire_user/": {"POST": ADMINISTRATOR},
    "api/v1/claims/": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "api/v1/claims/<int:claim>/": {"GET": CLAIMANT},
    "api/v1/claims/<int:claim>/withdraw/": {"POST": CLAIMANT},
    "api/v1/claims/<int:claim>/resubmit/": {"POST": CLAIMANT},
    "api/v1/endorsements/": {"GET": EVERYONE, "POST": SIGNED_IN},
    **{f"api/v1/endorsements/<str:uuid>/{deed}/": {"POST": OWNER} for deed in ("cancel", "hide", "remind", "show")},
    "api/v1/systems/": {"GET": SIGNED_IN},
    **{f"api/v1/systems/<int:system>/{below}": who for below, who in OF_SYSTEM.items()},
}
AT_DESK = {
    "claims/": LOOK,
    "claims/<int:claim>/": {"GET": READER, "POST": REVIEWER},
    "claims/<int:claim>/evidence/<int:evidence>/": LOOK,
    "codes/": LOOK,
    "codes/change/": {"POST": OWNER},
    "codes/export/": LOOK,
    "codes/import/": {"GET": OWNER, "POST": OWNER},
    "codes/make/": {"GET": OWNER, "POST": OWNER},
    "codes/<int:code>/": LOOK,
    "codes/<int:code>/change/": {"POST": OWNER},
    "codes/<int:code>/edit/": {"GET": OWNER, "POST": OWNER},
    "codes/<int:code>/share/": LOOK,
    "codes/<int:code>/share/<slug:network>/": {"POST": OWNER},
    "codes/<int:code>/hand-out/": {"POST": OWNER},
    "codes/<int:code>/qr.svg": LOOK,
    "codes/<int:code>/qr.png": LOOK,
    "codes/<int:code>/mail/": {"GET": OWNER, "POST": OWNER},
    "batches/": LOOK,
    "batches/<int:batch>/": LOOK,
    "batches/<int:batch>/print/": LOOK,
    "batches/<int:batch>/hand-out/": {"POST": OWNER},
    "batches/<int:batch>/mail/": {"GET": OWNER, "POST": OWNER},
    "reports/": LOOK,
    "reports/badges/<int:badge>/": LOOK,
    "reports/batches/<int:batch>/": LOOK,
}
PAGES = {
    "desk/": {"GET": SIGNED_IN},
    **{f"desk/<int:system>/{below}": who for below, who in AT_DESK.items()},
    "my/": {"GET": SIGNED_IN},
    "my/<slug:section>/": {"GET": SIGNED_IN},
    "endorsements/<slug:kind>/<str:ident>/": {"GET": OWNER, "POST": OWNER},
    "logout/": {"POST": EVERYONE},
}
OPEN_BADGES = (
    "v2/assertions/<uuid:uuid>",
    "v2/assertions/<uuid:uuid>.<slug:kind>",
    "v2/badges/<uuid:uuid>",
    "v2/endorsements/<uuid:uuid>",
    "v2/issuers/<slug:provider>/<slug:key>",
    "v2/issuers/<slug:provider>/<slug:key>/revocations",
    "v3/achievements/<uuid:uuid>",
    "v3/credentials/<uuid:uuid>",
    "v3/credentials/<uuid:uuid>.jwt",
    "v3/credentials/<uuid:uuid>.<slug:kind>",
    "v3/endorsements/<uuid:uuid>",
    "v3/endorsements/<uuid:uuid>.jwt",
    "v3/issuers/<slug:provider>/<slug:key>",
    "v3/issuers/<slug:provider>/<slug:key>/did.json",
    "v3/issuers/<slug:provider>/<slug:key>/jwks.json",
    "v3/issuers/<slug:provider>/<slug:key>/status/<slug:kind>/<int:number>",
    "v3/issuers/<slug:provider>/<slug:key>/status/<slug:kind>/<int:number>.jwt",
)
OPEN = {
    "": {"GET": EVERYONE},
    "api/docs/": {"GET": EVERYONE},
    "api/schema/": {"GET": EVERYONE},
    "language/": {"POST": EVERYONE},
    "login/": {"GET": EVERYONE, "POST": EVERYONE, "PUT": EVERYONE},
    "login/<slug:backend>/": {"GET": EVERYONE, "POST": EVERYONE},
    "complete/<slug:backend>/": {"GET": EVERYONE},
    "badges/<uuid:uuid>/": {"GET": EVERYONE},
    "badges/<uuid:uuid>/share/<slug:network>/": {"POST": EVERYONE},
    "badges/<uuid:uuid>/verify/": {"GET": EVERYONE},
    "badges/<uuid:uuid>/visit/": {"GET": EVERYONE},
    "templates/<uuid:uuid>/": {"GET": EVERYONE},
    **{f"ob/{below}": {"GET": EVERYONE} for below in OPEN_BADGES},
    "badges/<slug:provider>/webhook/": {"POST": EVERYONE},
    "webhooks/<slug:provider>/<str:token>/": {"POST": EVERYONE},
    "claim/": {"GET": EVERYONE, "POST": EVERYONE},
    "verify/": {"GET": EVERYONE, "POST": EVERYONE},
    "^healthcheck/*$": {"GET": EVERYONE},
}
WITH_SECRET = {
    "claim/<path:code>/": {"GET": EVERYONE, "POST": EVERYONE},
    "claims/<str:token>/": {"GET": EVERYONE, "POST": EVERYONE},
    "endorse/<str:token>/": {"GET": EVERYONE, "POST": EVERYONE},
}
"""Of whoever has the code or the link, so what is behind it is told."""
SIGNED = {"^(?:systems|public|images)(?:/|$)": {"GET": NOBODY, "POST": NOBODY, "PUT": NOBODY, "DELETE": NOBODY}}
"""The BadgeKit API, whose callers sign each call; `test_routes.py` tries the whole of it."""
TABLE = {**API, **PAGES, **OPEN, **WITH_SECRET, **SIGNED}
ADMIN_PAGES = {
    *("", "add/", "<path:object_id>/", "<path:object_id>/change/", "<path:object_id>/delete/"),
    *(
        "<path:object_id>/history/",
        "<path:object_id>/award/",
        "revoke/",
        "<id>/password/",
        "<int:pk>/apply/",
        "<int:pk>/again/",
        "<path:object_id>/preview-sync/",
        *("retire/", "test-bench/"),
    ),
}
"""What a model's pages in the administration are called below its own."""
ADMIN_SELF = {
    *("", "login/", "logout/", "password_change/", "password_change/done/", "autocomplete/", "jsi18n/", "search/"),
    *("r/<path:content_type_id>/<path:object_id>/", "(?P<url>.*)$"),
}
LOOK_AND_WORK = "look work"
_TEMPLATES = ("credlybadgetemplate", "accrediblegroup", "badgekitbadgetemplate")
_BADGES = ("credlybadge", "accrediblebadge", "badgekitissuedbadge")
_ACCOUNTS = ("credlyorganization", "accredibleapiconfig", "badgekitaccount")
_RULES = dict.fromkeys(("badgerequirement", "badgepenalty"), "look work delete")
_LOOKED_AT = dict.fromkeys(("badgeprogress", "syncrun"), "look")
WITH_CODES = {"claimcode", "codevisits", "claim", "badgeinstance"}
ROLES = {
    "issuer of an account": {
        **dict.fromkeys(("credlybadgetemplate", "credlybadge", "issuance", "credlyorganization"), LOOK_AND_WORK),
        **_RULES,
        **_LOOKED_AT,
        "endorsement": "look",
    },
    "reader of an account": dict.fromkeys(
        (
            *("credlybadgetemplate", "credlybadge", "issuance", "credlyorganization"),
            *("badgeprogress", "syncrun", "badgerequirement", "badgepenalty", "endorsement"),
        ),
        "look",
    ),
    "Issuers": {
        **dict.fromkeys((*_TEMPLATES, *_BADGES, *_ACCOUNTS, "issuance"), LOOK_AND_WORK),
        **_RULES,
        **_LOOKED_AT,
        **dict.fromkeys(("learner", "learningevent", "recomputation"), "look"),
    },
    "Reviewers": {"claim": "look"},
}
"""By role: on whose pages in the administration somebody may look, work (save, or run an action) and delete."""
