"""What happens around a sheet without handing it in? Take it back, leave it as it was, say what is wrong with it."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from labeling.labels import reopening
from labeling.labels.views import own_assignment
from labeling.labels.waiting import waiting_words, words_wait
from labeling.people.access import labeler_required, posted_from
from labeling.work import flagging, queue
from labeling.work.models import Concern


class FlagForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What is wrong with it?"),
        choices=Concern,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what is wrong.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note (optional)"),
        max_length=flagging.LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


@labeler_required
@posted_from("labels:sheet", "assignment_id")
def reopen(request, assignment_id):
    """Undo, and History's Reopen: the sheet comes back with what was said on it."""
    assignment = own_assignment(request.user, assignment_id)
    try:
        reopening.reopen(assignment=assignment)
    except queue.DeskTaken as taken:
        messages.warning(request, str(taken))
        return redirect("labels:sheet", taken.sheet.pk)
    except (reopening.Locked, queue.SheetGone) as refusal:
        messages.warning(request, str(refusal))
        return redirect("desk:history")
    return redirect("labels:sheet", assignment.pk)


@labeler_required
@posted_from("labels:sheet", "assignment_id")
def leave(request, assignment_id):
    assignment = own_assignment(request.user, assignment_id)
    if reopening.leave_as_it_was(assignment=assignment):
        messages.success(request, _("The sheet is submitted, as it was."))
    return redirect("desk:history")


@never_cache
@words_wait(taken_up_at="labels:flag")
@labeler_required
@require_http_methods(["GET", "POST"])
def flag(request, assignment_id):
    """Tell the researchers, without leaving the sheet where scripts run, and back to it where none do."""
    assignment = own_assignment(request.user, assignment_id)
    if request.method == "POST":
        form = FlagForm(_without_nul(request.POST))
    else:
        form = FlagForm(initial=waiting_words(request))
    context = {"sheet": {"id": assignment.pk}, "form": form, "reopened": assignment.is_reopened}
    if request.method == "POST" and form.is_valid():
        flagging.flag(assignment=assignment, **form.cleaned_data)
        messages.success(request, _("Flagged. The researchers will look at it; you can go on."))
        if request.htmx:
            return render(request, "labels/_flagged.html", context)
        return redirect("labels:sheet", assignment.pk)
    if request.htmx:
        return HttpResponseClientRedirect(request.path)
    return render(request, "labels/flag.html", context, status=422 if form.is_bound else 200)


def _without_nul(fields):
    """PostgreSQL's text cannot hold the NUL character."""
    return {name: value.replace("\0", "") for name, value in fields.items()}
