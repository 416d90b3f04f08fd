"""How does somebody bring a roster in? Pasted or as a file, looked at, and sent: a page beside the invitations.

The list travels in the page itself, so that a row can be corrected where it is shown, and nothing is kept on the way.
"""

import csv
from datetime import timedelta

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from labeling.people.models import Invitation
from labeling.people.naming import RIGHT
from labeling.prompts.refusals import cell
from labeling.screening import roster_inviting, roster_rows, rosters

SHOWN = 200
LARGEST = 2 * 2**20  # bytes
DAYS = 30


class RosterForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("CSV in UTF-8. It takes the place of the list."),
    )
    text = forms.CharField(
        label=gettext_lazy("List"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "cols": 100, "spellcheck": "false", "dir": "auto"}),
        help_text=gettext_lazy("Or paste it: from a spreadsheet, or with commas or semicolons."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=Invitation._meta.get_field("note").max_length,
        help_text=Invitation._meta.get_field("note").help_text,
    )
    days = forms.IntegerField(
        label=gettext_lazy("Valid for so many days"), min_value=1, max_value=3650, initial=DAYS, required=False,
        help_text=gettext_lazy("Empty: for good."),
    )  # fmt: skip

    def clean(self):
        super().clean()
        said = self.cleaned_data
        if said.get("file"):
            said["text"] = self._from_file(said["file"])
        if not self.errors and not (said.get("text") or "").strip():
            raise forms.ValidationError(_("Choose a file, or paste the list."))
        return said

    def _from_file(self, file):
        if file.size > LARGEST:
            self.add_error("file", _("The file is too large for a list of people."))
            return ""
        try:
            return roster_rows.decoded(file.read())
        except rosters.NotARoster as reason:
            self.add_error("file", str(reason))
            return ""

    @property
    def expires_at(self):
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


@require_http_methods(["GET", "HEAD", "POST"])
def roster(request):
    """Look at a list, send its invitations, or take its bad rows away."""
    if not request.user.has_perm("people.add_invitation"):
        raise PermissionDenied
    form = RosterForm(request.POST or None, request.FILES or None)
    read = _understood(request, form) if form.is_valid() else None
    if read is None:
        return _page(request, form, status=422 if form.is_bound else 200)
    if "bad_rows" in request.POST:
        return _bad_rows(read)
    if "invite" in request.POST:
        return _invited(request, form, read)
    roster_inviting.note_known(read.people, sees_accounts=request.user.has_perm(RIGHT))
    return _page(request, _with_list(form, form.cleaned_data["text"]), read)


def _understood(request, form):
    try:
        return rosters.understood(form.cleaned_data["text"], sees_accounts=request.user.has_perm(RIGHT))
    except rosters.NotARoster as reason:
        form.add_error("file" if form.cleaned_data.get("file") else "text", str(reason))
        return None


def _invited(request, form, read):
    """Invite all of the list that can be; what cannot stays in the form. Sent again, this invites nobody."""
    made = roster_inviting.invite(
        read.people,
        by=request.user,
        note=form.cleaned_data["note"],
        expires_at=form.expires_at,
        sees_accounts=request.user.has_perm(RIGHT),
    )
    return _page(request, _with_list(form, read.left_over()), read, made=made)


def _with_list(form, text):
    """The same form, with the list in its field wherever it came from."""
    said = form.cleaned_data
    return RosterForm(initial={"text": text, "note": said["note"], "days": said["days"]})


def _page(request, form, read=None, *, made=None, status=200):
    context = admin.site.each_context(request) | {
        "title": _("Invite a list of people"),
        "form": form,
        "roster": read,
        "made": made,
        "shown": SHOWN,
        "columns": roster_rows.COLUMNS,
        "opts": Invitation._meta,
    }
    return render(request, "admin/people/invitation/roster.html", context, status=status)


def _bad_rows(read):
    """The rows that cannot be invited, with the reason in a column of its own, for a spreadsheet."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="bad-rows.csv"'
    columns = [name for name in read.sheet.columns if name and name != roster_rows.PROBLEM]
    writer = csv.writer(answer)
    writer.writerow([*columns, roster_rows.PROBLEM])
    for person in read.bad:
        cells = person.row.values or [person.row.raw.strip()]
        by_name = dict(zip(read.sheet.columns, cells, strict=False))
        writer.writerow([cell(by_name.get(name, "")) for name in columns] + [person.problem])
    return answer
