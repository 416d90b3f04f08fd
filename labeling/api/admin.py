"""Which tokens are out, and whose are they? Admins make them and take them away."""

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _

from labeling.api import tokens
from labeling.api.models import KeptAnswer, Token
from labeling.people.models import Role
from labeling.people.only_shown import Inside


class NewToken(forms.ModelForm):
    days = forms.IntegerField(label=_("days"), min_value=1, max_value=tokens.MOST_DAYS, initial=tokens.DAYS)

    class Meta:
        model = Token
        fields = ["user", "scope"]


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    form = NewToken
    list_display = ["token_key", "user", "scope", "created", "expiry"]
    list_filter = ["scope"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "token_key"]
    autocomplete_fields = ["user"]
    ordering = ["-created"]

    def save_model(self, request, token, form, change):
        asked = form.cleaned_data
        made, key = tokens.issue(user=asked["user"], scope=asked["scope"], days=asked["days"])
        # The admin goes on with the row it was given: let it be the one that was stored.
        token.__dict__.update(made.__dict__)
        text = _("The token, shown this once: %(key)s") % {"key": key}
        messages.warning(request, text)

    def has_module_permission(self, request):
        return request.user.plays(Role.ADMIN)

    def has_view_permission(self, request, obj=None):
        return request.user.plays(Role.ADMIN)

    has_add_permission = has_module_permission
    has_delete_permission = has_view_permission

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(KeptAnswer)
class KeptAnswerAdmin(Inside):
    list_display = ("key", "user", "status", "kept_at")
    list_select_related = ("user",)
    ordering = ("-kept_at",)
