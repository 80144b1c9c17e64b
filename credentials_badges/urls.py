"""All addresses of the service; `docs/interface.md` lists them."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from credentials_badges.badges.badge_page import badge_page, share_badge, verify_badge, visit_badge
from credentials_badges.badges.pages import SignIn, my_badges, my_section
from credentials_badges.badges.template_page import template_page
from credentials_badges.badges.views import webhook
from credentials_badges.openbadges.verify_page import verify_page
from providers.badgekit.pages.claiming import claim, claim_code, enter_code

admin.site.site_header = admin.site.site_title = gettext_lazy("Badges administration")
admin.site.site_url = None  # There are no pages outside the administration to view.
handler500 = "credentials_badges.odd_requests.broken"

urlpatterns = [
    path("admin/", admin.site.urls),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(template_name="badges/docs.html", http_method_names=["get", "head"]),
        name="docs",
    ),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include("credentials_badges.badges.urls")),
    path("api/v1/", include("credentials_badges.endorsements.api_urls")),
    path("api/v1/", include("providers.badgekit.rest.urls")),
    path("badges/<uuid:uuid>/", badge_page, name="badge_page"),
    path("badges/<uuid:uuid>/share/<slug:network>/", share_badge, name="share_badge"),
    path("badges/<uuid:uuid>/verify/", verify_badge, name="verify_badge"),
    path("badges/<uuid:uuid>/visit/", visit_badge, name="visit_badge"),
    path("badges/<slug:provider>/webhook/", webhook, name="webhook"),
    path("claim/", enter_code, name="enter_code"),
    path("claim/<path:code>/", claim_code, name="claim_code"),
    path("claims/<str:token>/", claim, name="claim"),
    path("desk/", include("providers.badgekit.desk.urls")),
    path("", include("credentials_badges.endorsements.urls")),
    # Exempt, so that public pages need no cookie for a token: a forged request can only change how pages are worded.
    path("language/", require_POST(csrf_exempt(set_language)), name="set_language"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("my/", my_badges, name="my_badges"),
    path("my/<slug:section>/", my_section, name="my_section"),
    path("ob/", include("credentials_badges.openbadges.urls")),
    path("templates/<uuid:uuid>/", template_page, name="template_page"),
    path("verify/", verify_page, name="verify"),
    path("", include("providers.badgekit.api.urls")),
    path("webhooks/<slug:provider>/<str:token>/", webhook, name="secret_webhook"),
]
if apps.is_installed("credentials_badges.sso"):  # An extra.
    urlpatterns.append(path("", include("credentials_badges.sso.urls")))
