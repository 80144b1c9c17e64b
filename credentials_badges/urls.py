"""All addresses of the service; `docs/interface.md` lists them."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from credentials_badges.badges.badge_page import badge_page, share_badge, visit_badge
from credentials_badges.badges.pages import my_badges
from credentials_badges.badges.views import webhook
from providers.badgekit.pages.claiming import claim, claim_code, enter_code

admin.site.site_header = admin.site.site_title = "Badges administration"
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
    path("api/v1/", include("providers.badgekit.rest.urls")),
    path("badges/<uuid:uuid>/", badge_page, name="badge_page"),
    path("badges/<uuid:uuid>/share/<slug:network>/", share_badge, name="share_badge"),
    path("badges/<uuid:uuid>/visit/", visit_badge, name="visit_badge"),
    path("badges/<slug:provider>/webhook/", webhook, name="webhook"),
    path("claim/", enter_code, name="enter_code"),
    path("claim/<path:code>/", claim_code, name="claim_code"),
    path("claims/<str:token>/", claim, name="claim"),
    path("desk/", include("providers.badgekit.desk.urls")),
    path("login/", LoginView.as_view(template_name="badges/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("my/", my_badges, name="my_badges"),
    path("", include("providers.badgekit.api.urls")),
    path("webhooks/<slug:provider>/<str:token>/", webhook, name="secret_webhook"),
]
