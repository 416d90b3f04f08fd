"""How are people invited? By links, one or many at a time, that lead to cohorts, projects, qualifications and tests."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.people import inviting
from labeling.people.models import Invitation, InvitationUse
from labeling.people.only_shown import OnlyShown, OnlyShownRows
from labeling.screening import joining, roster_pages
from labeling.screening.models import Test
from labeling.work.models import Project, Purpose

MOST_AT_ONCE = 500


class InvitationForm(forms.ModelForm):
    """What the link is, and everything that it leads to."""

    projects = forms.ModelMultipleChoiceField(
        Project.objects.exclude(purpose=Purpose.SCREENING).order_by("name"),
        label=gettext_lazy("Projects"),
        required=False,
    )
    tests = forms.ModelMultipleChoiceField(Test.objects.order_by("name"), label=gettext_lazy("Tests"), required=False)

    class Meta:
        model = Invitation
        fields = ("note", "cohort", "qualifications", "email", "most_uses", "expires_at")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("projects", "tests"):
                self.initial[name] = getattr(self.instance, name).all()

    def clean_most_uses(self):
        most = self.cleaned_data["most_uses"]
        if most is not None and most < max(self.instance.uses, 1):
            sentence = _("At least %(n)d: so often it has been used, or may be.")
            raise forms.ValidationError(sentence % {"n": max(self.instance.uses, 1)})
        return most

    def clean(self):
        super().clean()
        said = self.cleaned_data
        reasons = [joining.why_not_to(one, cohort=said.get("cohort", "")) for one in said.get("projects") or ()]
        if reasons := [reason for reason in reasons if reason]:
            self.add_error("projects", reasons)
        return said


class NewInvitationsForm(InvitationForm):
    """One link, several, or one for each of many addresses."""

    number = forms.IntegerField(
        label=gettext_lazy("How many links"), min_value=1, max_value=MOST_AT_ONCE, initial=1, required=False
    )
    addresses = forms.CharField(
        label=gettext_lazy("Only for these addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 60}),
        help_text=gettext_lazy("One on each line: each gets a link of its own. Empty: for whoever has the link."),
    )

    class Meta(InvitationForm.Meta):
        fields: tuple = ("note", "cohort", "qualifications", "most_uses", "expires_at")

    def clean_addresses(self):
        addresses = [line.strip().lower() for line in self.cleaned_data["addresses"].splitlines() if line.strip()]
        for address in addresses:
            try:
                validate_email(address)
            except forms.ValidationError:
                sentence = _("“%(address)s” is no e-mail address.") % {"address": address[:100]}
                raise forms.ValidationError(sentence) from None
        if len(addresses) > MOST_AT_ONCE:
            raise forms.ValidationError(_("Make at most %(n)d links at a time.") % {"n": MOST_AT_ONCE})
        return list(dict.fromkeys(addresses))


class Uses(OnlyShownRows):
    model = InvitationUse
    fields = ("person", "used_at")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person")


class Standing(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("open", _("open")), ("over", _("used up, expired or revoked"))]

    def queryset(self, request, invitations):
        is_over = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now()) | Q(uses__gte=F("most_uses"))
        over = Invitation.objects.filter(is_over).values("pk")
        match self.value():
            case "open":
                return invitations.exclude(pk__in=over)
            case "over":
                return invitations.filter(pk__in=over)
        return invitations


class LeadsTo(admin.SimpleListFilter):
    """Those that lead to one test, or to one project: the pages of these count them and link here."""

    leads_by: str
    offered: Any

    def lookups(self, request, model_admin):
        return [(str(row.pk), str(row)) for row in self.offered.order_by("name")]

    def queryset(self, request, invitations):
        chosen = self.value()
        return invitations.filter(**{self.leads_by: chosen}) if chosen and chosen.isdecimal() else invitations


class ToTest(LeadsTo):
    title, parameter_name, leads_by = gettext_lazy("test"), "test", "tests"
    offered = Test.objects.all()


class ToProject(LeadsTo):
    title, parameter_name, leads_by = gettext_lazy("project"), "project", "projects"
    offered = Project.objects.filter(invitations__isnull=False).distinct()


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = (
        "__str__", "email", "cohort", "used", "expires_at", "revoked_at", "created_at", "created_by", "link",
    )  # fmt: skip
    list_filter = (Standing, "cohort", ToTest, ToProject)
    list_select_related = ("created_by",)
    search_fields = ("note", "email", "code")
    ordering = ("-created_at", "-pk")
    actions = ("revoke",)
    inlines = (Uses,)
    readonly_fields = (
        "link",
        "name",
        "locale",
        "letter",
        "used",
        "created_at",
        "created_by",
        "revoked_at",
        "revoked_by",
    )
    leads_to = (gettext_lazy("What it leads to"), {"fields": ("cohort", "tests", "projects", "qualifications")})

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(
            request, obj, change=change, form=InvitationForm if obj else NewInvitationsForm, **kwargs
        )

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            how = ("note", "number", "addresses", "most_uses", "expires_at")
            return ((None, {"fields": how}), self.leads_to)
        came = {"fields": ("letter", "used", "created_at", "created_by", "revoked_at", "revoked_by")}
        link = {"fields": ("link", "note", "email", "name", "locale", "most_uses", "expires_at")}
        return ((None, link), self.leads_to, (gettext_lazy("What became of it"), came))

    def get_urls(self):
        page = self.admin_site.admin_view(roster_pages.roster)
        return [path("roster/", page, name="people_invitation_roster"), *super().get_urls()]

    def get_inlines(self, request, obj):
        """Who came is for those who may see accounts."""
        return self.inlines if obj and request.user.has_perm("people.view_invitationuse") else ()

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
            obj.email = next(iter(form.cleaned_data["addresses"]), "")
        super().save_model(request, obj, form, change)

    @transaction.atomic
    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        answers, made = form.cleaned_data, [form.instance]
        if not change:
            addresses = answers["addresses"] or [""] * (answers["number"] or 1)
            made += [_copy(form.instance, address) for address in addresses[1:]]
        for invitation in made:
            for name in ("projects", "tests", "qualifications"):
                getattr(invitation, name).set(answers[name])
        if len(made) > 1:
            messages.info(request, _("%(n)d links are made; the newest stand first.") % {"n": len(made)})

    @admin.display(description=gettext_lazy("uses"), ordering="uses")
    def used(self, invitation):
        return f"{invitation.uses} / {'∞' if invitation.most_uses is None else invitation.most_uses}"

    @admin.display(description=gettext_lazy("letter"))
    def letter(self, invitation):
        """What became of the letter that brings the link, where one was sent."""
        mail = invitation.mails.order_by("-created_at").first()
        return f"{mail.get_state_display()} {mail.error}".strip() if mail else None

    @admin.display(description=gettext_lazy("link"))
    def link(self, invitation):
        address = reverse("screening:join", args=[invitation.code])
        return format_html("<code>{}{}</code>", settings.SITE_URL, address)

    @admin.action(description=gettext_lazy("Revoke"), permissions=["change"])
    def revoke(self, request, invitations):
        done = sum(inviting.revoke(invitation=invitation, by=request.user) for invitation in invitations)
        said = ngettext("%(n)d invitation is revoked.", "%(n)d invitations are revoked.", done) % {"n": done}
        messages.success(request, said)


def _copy(invitation, email):
    same = ("note", "cohort", "most_uses", "expires_at", "created_by")
    return Invitation.objects.create(email=email, **{name: getattr(invitation, name) for name in same})


@admin.register(InvitationUse)
class InvitationUseAdmin(OnlyShown):
    list_display = ("person", "invitation", "used_at")
    list_select_related = ("person", "invitation")
    search_fields = ("person__email", "person__name", "invitation__note")
    ordering = ("-used_at",)
