"""Which room answers which address? One include per room."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from labeling.api import health
from labeling.people import single_sign_on
from labeling.people.views import set_language

urlpatterns = [
    path("", include("labeling.desk.urls")),
    path("sheets/", include("labeling.labels.urls")),
    path("", include("labeling.people.urls")),
    path("", include("labeling.screening.urls")),
    path("surveys/", include("labeling.surveys.urls")),
    path("me/", include("labeling.account.urls")),
    path("accounts/", include("allauth.account.urls")),
    path(f"accounts/oidc/{settings.OIDC_ID}/login/", single_sign_on.begin, name="single_sign_on"),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    path("i18n/setlang/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("api/", include("labeling.api.urls")),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
