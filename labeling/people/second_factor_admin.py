"""Who has a second factor? Whoever lost theirs gets in again once an admin has taken it away."""

from allauth.mfa import admin as registered  # noqa: F401 - what is taken back below
from allauth.mfa.models import Authenticator
from django.contrib import admin

from labeling.people.only_shown import OnlyShown

admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class SecondFactorAdmin(OnlyShown):
    """Its secret is shown to nobody."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    ordering = ("-created_at",)
    fields = ("user", "type", "created_at", "last_used_at")

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("mfa.delete_authenticator")
