"""Which room answers which address? One include per room."""

from django.contrib import admin
from django.urls import include, path

from labeling.api import health
from labeling.people.views import set_language

urlpatterns = [
    path("", include("labeling.desk.urls")),
    path("sheets/", include("labeling.labels.urls")),
    path("", include("labeling.people.urls")),
    path("", include("labeling.screening.urls")),
    path("surveys/", include("labeling.surveys.urls")),
    path("me/", include("labeling.account.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/setlang/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("api/", include("labeling.api.urls")),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
