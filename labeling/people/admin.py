"""Who has an account, in which role and which cohort? For admins only."""

from allauth.socialaccount import admin as registered  # noqa: F401 - what is taken back below
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling.people import cohort_admin as cohort_admin  # its tables are registered there
from labeling.people import consent_admin as consent_admin  # and so on
from labeling.people import qualification_admin as qualification_admin
from labeling.people import second_factor_admin as second_factor_admin
from labeling.people.forms import Account, NewAccount
from labeling.people.models import CohortMembership, Role, User
from labeling.people.roles import follow_roles

# Roles and what they may do are written down in roles.py; a group changed by hand would change back.
admin.site.unregister(Group)
# The one provider of single sign-on is named in the environment, and no token of it is kept.
admin.site.unregister([SocialApp, SocialToken])


class CohortInline(admin.StackedInline):
    model = CohortMembership
    fk_name = "labeler"
    fields = ("cohort",)
    verbose_name_plural = _("cohort")
    can_delete = True

    def get_readonly_fields(self, request, obj=None):
        """Nobody changes from one to the other."""
        return ("cohort",) if hasattr(obj, "cohort_membership") else ()


@admin.register(User)
class PeopleAdmin(cohort_admin.KeepsCohortsApart, UserAdmin):
    form = Account
    add_form = NewAccount
    inlines = [CohortInline]
    list_display = ("email", "name", "roles", "cohort", "is_active", "last_login")
    list_filter = ("groups", "cohort_membership__cohort", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "locale", "time_zone")}),
        (_("Roles"), {"fields": ("is_active", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "locale", "time_zone")}),
        (_("Password"), {"fields": ("usable_password", "password1", "password2")}),
        (_("Roles"), {"fields": ("groups",)}),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("cohort_membership").prefetch_related("groups")

    @admin.display(description=_("roles"))
    def roles(self, user):
        return ", ".join(str(Role(group.name).label) for group in user.groups.all() if group.name in Role.values)

    @admin.display(description=_("cohort"), ordering="cohort_membership__cohort")
    def cohort(self, user):
        return user.cohort_membership.get_cohort_display() if hasattr(user, "cohort_membership") else None

    def has_delete_permission(self, request, obj=None):
        """Labels rest on accounts: one that is no longer used is switched off."""
        return False

    def save_formset(self, request, form, formset, change):
        for membership in formset.save(commit=False):
            membership.admitted_by = membership.admitted_by or request.user
        formset.save()

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        user = User.objects.get(pk=form.instance.pk)
        follow_roles(user)
        user.vouch_for_address()
        if user.plays(Role.LABELER) and not hasattr(user, "cohort_membership") and not user.is_superuser:
            sentence = gettext("%(person)s is a labeler without a cohort, and so is given no work yet.")
            messages.warning(request, sentence % {"person": user})
