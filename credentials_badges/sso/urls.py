"""The addresses, as Open edX operators know them: the second is entered at the other site."""

from django.urls import path

from credentials_badges.sso import views

app_name = "social"
urlpatterns = [
    path("login/<slug:backend>/", views.begin, name="begin"),
    path("complete/<slug:backend>/", views.come_back, name="complete"),
]
