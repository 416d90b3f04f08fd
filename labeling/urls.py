"""Which room answers which address? One include per room."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from labeling.api import health

# Staff sign in by the same door as everybody.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("labeling.desk.urls")),
    path("sheets/", include("labeling.labels.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/", include("labeling.api.urls")),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
