"""For a plug-in of the LMS: whoever is retired there is retired at credentials-badges, too.

Open edX tells of retirements by a Django signal inside the LMS only. Connect `retire` to it, once the apps are ready:

    from openedx.core.djangoapps.user_api.accounts.signals import USER_RETIRE_LMS_MISC
    USER_RETIRE_LMS_MISC.connect(retire, dispatch_uid="credentials_badges")

Settings of the LMS: CREDENTIALS_BADGES_URL (https://badges.example.org) and CREDENTIALS_BADGES_TOKEN, which
`manage.py drf_create_token USERNAME` makes there for a user with the permission "Can retire learner".
"""

import requests
from django.conf import settings

SECONDS = 30


def retire(sender, user, **kwargs):
    """Ask for it, and fail if that fails: the retirement then stops in this step, and is tried again from here."""
    response = requests.post(
        f"{settings.CREDENTIALS_BADGES_URL.rstrip('/')}/api/v1/retire_user/",
        json={"username": user.username},
        headers={"Authorization": f"Token {settings.CREDENTIALS_BADGES_TOKEN}"},
        timeout=SECONDS,
        allow_redirects=False,
    )
    if response.status_code != 204:
        raise RuntimeError(f"credentials-badges answered {response.status_code}, and did not retire the user")
