"""Addresses of the REST API, below `/api/v1/`."""

from django.urls import include, path

from providers.badgekit.rest import batches, claims, codes, files, members, own_claims, reports, systems

OF_SYSTEM = [
    path("badges/", systems.Badges.as_view()),
    path("batches/", batches.Batches.as_view()),
    path("batches/<int:batch>/", batches.OneBatch.as_view()),
    path("batches/<int:batch>/mail/", batches.MailBatch.as_view()),
    path("claim-codes/", codes.Codes.as_view()),
    path("claim-codes.csv", files.Export.as_view()),
    path("claim-codes/import/", files.Import.as_view()),
    path("claim-codes/<int:code>/", codes.OneCode.as_view()),
    path("claim-codes/<int:code>/pause/", codes.Pause.as_view()),
    path("claim-codes/<int:code>/resume/", codes.Resume.as_view()),
    path("claim-codes/<int:code>/hand-out/", codes.MarkHandedOut.as_view()),
    path("claim-codes/<int:code>/share/", files.Share.as_view()),
    path("claim-codes/<int:code>/qr.svg", files.QrSvg.as_view()),
    path("claim-codes/<int:code>/qr.png", files.QrPng.as_view()),
    path("claims/", claims.Claims.as_view()),
    path("claims/<int:claim>/", claims.OneClaim.as_view()),
    path("claims/<int:claim>/evidence/<int:evidence>/", claims.EvidenceFile.as_view()),
    path("claims/<int:claim>/approve/", claims.Approve.as_view()),
    path("claims/<int:claim>/send-back/", claims.SendBack.as_view()),
    path("claims/<int:claim>/reject/", claims.Reject.as_view()),
    path("claims/<int:claim>/take/", claims.Take.as_view()),
    path("claims/<int:claim>/let-go/", claims.LetGo.as_view()),
    path("members/", members.Members.as_view()),
    path("members/<path:username>/", members.OneMember.as_view()),
    path("reports/", reports.Report.as_view()),
    path("reports/earners/", reports.Earners.as_view()),
]

urlpatterns = [
    path("claims/", own_claims.OwnClaims.as_view()),
    path("claims/<int:claim>/", own_claims.LookAtOwn.as_view()),
    path("claims/<int:claim>/withdraw/", own_claims.Withdraw.as_view()),
    path("claims/<int:claim>/resubmit/", own_claims.Resubmit.as_view()),
    path("systems/", systems.Systems.as_view()),
    path("systems/<int:system>/", include(OF_SYSTEM)),
]
