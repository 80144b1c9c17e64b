"""Addresses of the organisers' desk, below `/desk/`."""

from django.urls import path

from providers.badgekit.desk import (
    claims,
    codes,
    evidence,
    home,
    importing,
    mailing,
    making,
    printing,
    reports,
    sharing,
)

app_name = "desk"

urlpatterns = [
    path("", home.home, name="home"),
    path("<int:system>/claims/", claims.list_claims, name="claims"),
    path("<int:system>/claims/<int:claim>/", claims.look, name="claim"),
    path("<int:system>/claims/<int:claim>/evidence/<int:evidence>/", evidence.serve, name="evidence"),
    path("<int:system>/codes/", codes.list_codes, name="codes"),
    path("<int:system>/codes/change/", codes.change_codes, name="change_codes"),
    path("<int:system>/codes/export/", codes.export, name="export_codes"),
    path("<int:system>/codes/import/", importing.import_codes, name="import_codes"),
    path("<int:system>/codes/make/", making.make, name="make_codes"),
    path("<int:system>/codes/<int:code>/", codes.look, name="code"),
    path("<int:system>/codes/<int:code>/change/", codes.change_code, name="change_code"),
    path("<int:system>/codes/<int:code>/edit/", making.edit, name="edit_code"),
    path("<int:system>/batches/", codes.list_batches, name="batches"),
    path("<int:system>/batches/<int:batch>/", codes.look_at_batch, name="batch"),
    path("<int:system>/reports/", reports.of_system, name="reports"),
    path("<int:system>/reports/badges/<int:badge>/", reports.of_badge, name="badge_report"),
    path("<int:system>/reports/batches/<int:batch>/", reports.of_batch, name="batch_report"),
    path("<int:system>/codes/<int:code>/share/", sharing.share_code, name="share_code"),
    path("<int:system>/codes/<int:code>/share/<slug:network>/", sharing.share_on, name="share_on"),
    path("<int:system>/codes/<int:code>/hand-out/", sharing.hand_out_code, name="hand_out_code"),
    path("<int:system>/codes/<int:code>/qr.svg", sharing.qr_svg, name="qr_svg"),
    path("<int:system>/codes/<int:code>/qr.png", sharing.qr_png, name="qr_png"),
    path("<int:system>/codes/<int:code>/mail/", mailing.mail_code, name="mail_code"),
    path("<int:system>/batches/<int:batch>/print/", printing.print_batch, name="print_batch"),
    path("<int:system>/batches/<int:batch>/hand-out/", printing.hand_out_batch, name="hand_out_batch"),
    path("<int:system>/batches/<int:batch>/mail/", mailing.mail_batch, name="mail_batch"),
]
