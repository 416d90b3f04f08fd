"""Where do people choose? Pages that hang off the test: all who handed in by their codes, one of them, and deciding.

Nothing here says who somebody is but `identity`, after the decision and for the record.
"""

from functools import wraps

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from labeling.screening import comparing, deciding, saying, selecting
from labeling.screening.models import Attempt, Criterion, Outcome, Test

STATES = {
    "": gettext_lazy("all"),
    "to_decide": gettext_lazy("to decide"),
    "admitted": gettext_lazy("admitted"),
    "waiting": gettext_lazy("on the waiting list"),
    "declined": gettext_lazy("declined"),
}
FOLLOWS = {
    Outcome.TRAINING: gettext_lazy(
        "They become labelers of the training cohort at once. Nobody changes from one cohort to the other later."
    ),
    Outcome.HELD_OUT: gettext_lazy(
        "They become held-out labelers at once: they evaluate, and never make training data. Nobody changes from one "
        "cohort to the other later."
    ),
    Outcome.DECLINED: gettext_lazy("They can still be admitted later."),
    Outcome.WAITING: gettext_lazy("They can be admitted or declined later, and stay behind their code until then."),
}
# Sorted by these, the highest come first when a heading is first asked.
HIGHEST_FIRST = (Criterion.FLAGS, Criterion.RANKINGS, Criterion.DEMONSTRATIONS, Criterion.SELF_ASSESSMENT)


class DecideForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What is decided"), choices=[("", "---------"), *Outcome.choices], required=True
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=gettext_lazy(
            "For colleagues, and for the applicant: once it is decided for good, they find it in the download of their "
            "own data, without your name. It stays with the decision."
        ),
    )


def for_those_who_choose(view):
    """Refuse with 403 whoever does not run tests; give the view the Test."""

    @wraps(view)
    def guarded(request, test_id, **which):
        if not request.user.has_perm("screening.change_test"):
            raise PermissionDenied
        return view(request, get_object_or_404(Test, pk=test_id), **which)

    return guarded


@for_those_who_choose
@require_safe
def selection(request, test):
    """All of them, and what the team would cover."""
    rows = selecting.rows(test)
    state = request.GET.get("state") if request.GET.get("state") in selecting.STATES else ""
    sort, only_meeting = request.GET.get("sort", "code"), request.GET.get("meets") == "all"
    asked = {"state": state, "sort": sort, "meets": "all" if only_meeting else ""}
    context = {
        "title": _("Selection"),
        "rows": selecting.arranged(rows, sort=sort, state=state, only_meeting=only_meeting),
        "columns": _columns(test, sort, asked),
        "states": _states(rows, asked),
        "meeting_link": _query(asked, meets="" if only_meeting else "all"),
        "asked": asked,
        "coverage": selecting.coverage(test, selecting.team(rows)),
        "admitted": len(selecting.team(rows)),
        "to_grade": sum(cell.to_grade for row in rows if not row.has_withdrawn for cell in row.cells.values()),
        "form": DecideForm(),
    }
    return _page(request, test, "selection.html", context)


def _columns(test, sort, asked):
    """Return the headings, each a link that sorts by it."""
    names = {"code": _("Code"), "day": _("Handed in"), **{one: Criterion(one).label for one in _criteria(test)}}
    cutoffs = {criterion: saying.of_criterion(criterion)(cut) for criterion, cut in selecting.cutoffs(test).items()}
    return [
        {
            "name": name,
            "cutoff": cutoffs.get(key, ""),
            "sorted": {key: "ascending", f"-{key}": "descending"}.get(sort, ""),
            "link": _query(asked, sort=_next_sort(key, sort)),
        }
        for key, name in names.items()
    ]


def _criteria(test):
    return [*selecting.criteria_of(test), Criterion.SELF_ASSESSMENT]


def _next_sort(key, sort):
    first, second = (f"-{key}", key) if key in HIGHEST_FIRST else (key, f"-{key}")
    return second if sort == first else first


def _states(rows, asked):
    counts = {state: sum(state in ("", row.state) for row in rows) for state in STATES}
    return [
        {"name": name, "n": counts[state], "is_shown": state == asked["state"], "link": _query(asked, state=state)}
        for state, name in STATES.items()
    ]


def _query(asked, **changed):
    given = {name: value for name, value in (asked | changed).items() if value}
    return "?" + "&".join(f"{name}={value}" for name, value in given.items())


@for_those_who_choose
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request, test):
    """What the chosen would make of the team; then what is decided and why; then, asked once more, it is done."""
    codes = request.POST.getlist("chosen")
    rows = selecting.rows(test)
    chosen = [row for row in rows if row.code in set(codes)]
    if not chosen:
        if request.method == "POST":
            messages.warning(request, _("Choose at least one applicant."))
        return redirect("admin:screening_test_selection", test.pk)
    form = DecideForm(None if "look" in request.POST else request.POST)
    is_sure = form.is_valid() and "sure" in request.POST
    if is_sure and _decided(request, test, chosen, form):
        return redirect("admin:screening_test_selection", test.pk)
    context = {
        "title": _("Decide"),
        "rows": chosen,
        "form": form,
        "known": sum(row.n_decisions for row in chosen),
        "not_graded": [row for row in chosen if not row.is_graded],
        "not_meeting": [row for row in chosen if not row.meets_all],
        "coverage": selecting.coverage(test, selecting.team(rows, chosen={row.code for row in chosen})),
        "team": len(selecting.team(rows, chosen={row.code for row in chosen})),
    }
    if form.is_valid():
        outcome = Outcome(form.cleaned_data["outcome"])
        context |= {"asks": True, "outcome": outcome.label, "follows": FOLLOWS[outcome]}
    return _page(request, test, "selection_decide.html", context, status=422 if form.errors else 200)


def _decided(request, test, chosen, form):
    """Do it, and say so; or put what speaks against it on the form, and return False."""
    attempts = Attempt.objects.filter(test=test, code__in=[row.code for row in chosen])
    known = request.POST.get("known", "")
    try:
        done = deciding.decide_all(
            attempts=attempts, by=request.user, known=int(known) if known.isdecimal() else None, **form.cleaned_data
        )
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
        return False
    said = ngettext("%(n)d applicant: %(outcome)s.", "%(n)d applicants: %(outcome)s.", len(done))
    names = {"n": len(done), "outcome": Outcome(form.cleaned_data["outcome"]).label}
    messages.success(request, said % names + " " + _("They are told by letter."))
    return True


@for_those_who_choose
@require_safe
def attempt(request, test, code):
    """One of them: every answer beside the key, what was written with its grades, every measure, every decision."""
    attempt = _handed_in(test, code)
    row = next(iter(selecting.rows(test, codes=[code])))
    results = {result.criterion: result for result in attempt.results.all()}
    context = {
        "title": code,
        "row": row,
        "results": [_in_full(row.cells[criterion], results.get(criterion)) for criterion in row.cells],
        "parts": comparing.parts_of(attempt),
        "decisions": attempt.decisions.select_related("decided_by"),
        "is_final": deciding.is_final(attempt),
        "form": DecideForm(),
    }
    return _page(request, test, "attempt.html", context)


def _in_full(cell, result):
    measures = result.measures if result else {}
    return {
        "cell": cell,
        "name": cell.name,
        "measures": saying.measures_of(measures),
        "counts": saying.counts_of(measures),
    }


@for_those_who_choose
@require_http_methods(["GET", "HEAD", "POST"])
def identity(request, test, code):
    """Who it is: after the decision, to whoever asks for it, and kept in the test's history."""
    attempt = _handed_in(test, code)
    if not deciding.is_final(attempt):
        raise PermissionDenied
    context = {"title": code, "code": code}
    if request.method == "POST":
        sentence = _("Opened the name and the address behind %(code)s.") % {"code": code}
        LogEntry.objects.log_actions(request.user.pk, [test], CHANGE, change_message=sentence, single_object=True)
        context["person"] = attempt.applicant
    return _page(request, test, "attempt_identity.html", context)


def _handed_in(test, code):
    handed_in = Attempt.objects.filter(test=test, handed_in_at__isnull=False).select_related("test", "applicant")
    return get_object_or_404(handed_in, code=code)


def _page(request, test, template, context, status=200):
    context = admin.site.each_context(request) | {"test": test, "opts": Test._meta} | context
    return render(request, f"admin/screening/test/{template}", context, status=status)


PAGES = [
    ("<int:test_id>/selection/", selection, "selection"),
    ("<int:test_id>/selection/decide/", decide, "decide"),
    ("<int:test_id>/selection/<slug:code>/", attempt, "attempt"),
    ("<int:test_id>/selection/<slug:code>/identity/", identity, "identity"),
]
