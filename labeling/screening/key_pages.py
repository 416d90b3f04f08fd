"""How do researchers make the key of a test, and publish it? Pages that hang off the test."""

from functools import wraps

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from labeling import markdown
from labeling.candidates.models import Response
from labeling.guidelines.models import Question
from labeling.labels.models import Label
from labeling.people.naming import RIGHT
from labeling.people.pseudonyms import pseudonym
from labeling.screening import balance, building, keys, publishing
from labeling.screening.models import Criterion, Test, TestState
from labeling.work.models import LETTERS, Task, TaskCandidate

STRATEGIES = {
    "always_no": gettext_lazy("always No"),
    "always_yes": gettext_lazy("always Yes"),
    "constant": gettext_lazy("to each question always the answer that is right most often"),
    "all_tied": gettext_lazy("everything tied"),
    "one_apart": gettext_lazy("everything tied but the best or the worst"),
}


def page_of_test(view):
    """Refuse with 403 whoever does not run tests; give the view the Test."""

    @wraps(view)
    def guarded(request, test_id):
        if not request.user.has_perm("screening.change_test"):
            raise PermissionDenied
        return view(request, get_object_or_404(Test, pk=test_id))

    return guarded


def render_page(request, test, template, context):
    base = admin.site.each_context(request) | {"test": test, "opts": Test._meta}
    return render(request, f"admin/screening/test/{template}", base | context)


class StartForm(forms.Form):
    criterion = forms.ChoiceField(label=gettext_lazy("Criterion"), choices=Criterion.choices)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    korean_title = forms.CharField(label=gettext_lazy("Title in Korean"), max_length=150, required=False)
    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("In Markdown."),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=1, required=False, help_text=gettext_lazy("Empty: no time limit.")
    )


@page_of_test
@require_http_methods(["GET", "POST"])
def start_section(request, test):
    """Make a section with a project of its own, set up as its criterion needs."""
    form = StartForm(request.POST or None)
    if form.is_valid():
        try:
            section = building.start_section(test=test, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            sentence = _("“%(section)s” has its project. Add its items as tasks.")
            messages.success(request, sentence % {"section": section.title})
            return redirect("admin:work_project_add_tasks", section.project_id)
    return render_page(request, test, "start_section.html", {"title": _("Start a section"), "form": form})


@page_of_test
@require_http_methods(["GET", "POST"])
def key(request, test):
    """What researchers answered, item by item; what is right; and what would pass without looking."""
    if request.method == "POST":
        _agreed(request, test)
        return redirect(f"{request.path}#{request.POST.get('back', '')}")
    sections = test.sections.filter(criterion__in=keys.KEYED).select_related("project")
    context = {
        "title": pgettext("test", "Key"),
        "sections": [_section(section, by_name=request.user.has_perm(RIGHT)) for section in sections],
        "is_draft": test.state == TestState.DRAFT,
        "faults": publishing.faults(test) if test.state == TestState.DRAFT else [],
        "strategies": [_strategy(one) for one in balance.strategies(test)],
    }
    return render_page(request, test, "key.html", context)


def _agreed(request, test):
    try:
        if "unanimous" in request.POST:
            section = get_object_or_404(test.sections, pk=request.POST["unanimous"])
            n = keys.agree_where_unanimous(section=section, by=request.user)
            sentence = ngettext("%(n)d item has its right answer now.", "%(n)d items have their right answer now.", n)
            messages.success(request, sentence % {"n": n})
            return
        task = get_object_or_404(Task, pk=_number(request.POST.get("task")), project__section__test=test)
        label = get_object_or_404(Label, pk=_number(request.POST.get("label")), assignment__task=task)
        keys.agree(
            task=task,
            label=label,
            by=request.user,
            explanation=request.POST.get("explanation", "").strip(),
            korean_explanation=request.POST.get("korean_explanation", "").strip(),
        )
        messages.success(request, _("Kept as the right answer."))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))


def _number(text):
    return int(text) if text and text.isdecimal() else 0


def _section(section, *, by_name):
    items = keys.items(section)
    questions = Question.objects.filter(version__form__projects=section.project).order_by("version__number")
    wordings = dict(questions.values_list("key", "wording"))
    return {
        "section": section,
        "items": [_item(number, item, wordings, by_name) for number, item in enumerate(items, start=1)],
        "keyed": sum(not item.wants_key for item in items),
        "n": len(items),
        "can_agree": any(item.wants_key and item.is_agreed for item in items),
    }


def _item(number, item, wordings, by_name):
    candidates = list(TaskCandidate.objects.filter(task=item.task).order_by("ordinal").values_list("pk", "response"))
    letters = {candidate: LETTERS[place] for place, (candidate, _response) in enumerate(candidates)}
    texts = Response.objects.in_bulk([response for _candidate, response in candidates])
    asked = list(dict.fromkeys(what for answers in item.answers.values() for what in answers))
    return {
        "number": number,
        "task": item.task,
        "prompt": [markdown.plain(turn["content"]) for turn in item.task.prompt.messages] if item.task.prompt else [],
        "responses": [(letters[candidate], markdown.plain(texts[response].text)) for candidate, response in candidates],
        "labels": [
            {
                "label": label,
                "who": str(label.assignment.labeler) if by_name else pseudonym(label.assignment.labeler.pseudonym_key),
                "is_key": item.gold is not None and item.gold.label_id == label.pk,
            }
            for label in item.labels
        ],
        "rows": [
            {
                "asked": _asked(what, wordings, letters),
                "answers": [_said(item.answers[label.pk].get(what), letters) for label in item.labels],
                "differs": what in item.differs,
            }
            for what in asked
        ],
        "gold": item.gold,
        "is_outdated": item.is_outdated,
        "differs": bool(item.differs),
    }


def _asked(what, wordings, letters):
    question, candidate = what
    name = _("Ranking") if question == "ranking" else _(wordings.get(question, question))
    return f"{letters[candidate]}: {name}" if candidate else name


def _said(value, letters):
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None:
        return "–"
    if isinstance(value, list) and value and isinstance(value[0], list):
        return " > ".join(" = ".join(letters[candidate] for candidate in group) for group in value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _strategy(one):
    return {
        "criterion": Criterion(one.criterion).label,
        "name": STRATEGIES[one.name],
        "reaches": "–" if one.reaches is None else f"{one.reaches:.0%}",
        "cutoff": f"{one.cutoff:.0%}",
        "passes": one.passes,
        "says_too_little": one.reaches_cutoff and one.says_too_little,
    }


@page_of_test
@require_http_methods(["GET", "POST"])
def publish(request, test):
    """Ask first: after that neither sections nor key change."""
    faults = publishing.faults(test) if test.state == TestState.DRAFT else [_("It has been published already.")]
    if request.method == "POST":
        try:
            publishing.publish(test=test, by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect("admin:screening_test_publish", test.pk)
        _log(request, test, _("Published."))
        messages.success(request, _("Published. Applicants can take it where it is open to them."))
        return redirect("admin:screening_test_change", test.pk)
    strategies = [_strategy(one) for one in balance.strategies(test)]
    context = {"title": _("Publish"), "faults": faults, "strategies": strategies}
    return render_page(request, test, "publish.html", context)


@page_of_test
@require_POST
def close(request, test):
    publishing.close(test=test)
    _log(request, test, _("Closed."))
    messages.success(request, _("Closed: nobody begins it any more. Whoever has begun may finish."))
    return redirect("admin:screening_test_change", test.pk)


def _log(request, test, sentence):
    LogEntry.objects.log_actions(request.user.pk, [test], CHANGE, change_message=sentence, single_object=True)


PAGES = [
    ("<int:test_id>/sections/", start_section, "start_section"),
    ("<int:test_id>/key/", key, "key"),
    ("<int:test_id>/publish/", publish, "publish"),
    ("<int:test_id>/close/", close, "close"),
]
