"""How are demonstrations graded? One after the other, the prompt and the text, without a name or a code."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from labeling import markdown
from labeling.labels.models import Label
from labeling.screening import grading as grades
from labeling.screening.key_pages import page_of_test, render_page

SCALE = [(score, str(score)) for score in range(1, 8)]
LAST = 10  # of one's own grades, to be looked at again


class GradeForm(forms.Form):
    score = forms.TypedChoiceField(
        label=gettext_lazy("Grade (1 = worst, 7 = best)"),
        choices=SCALE,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a grade from 1 to 7.")},
    )
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=gettext_lazy(
            "Once it is decided for good, the applicant finds grade and comment in the download of their own data, "
            "without your name."
        ),
    )


@page_of_test
@require_http_methods(["GET", "POST"])
def grading(request, test):
    """The next demonstration for this researcher, or one of their own grades to be changed (`?again=`)."""
    again = _again(request, test)
    form = GradeForm(request.POST or None, initial=_said(again))
    if request.method == "POST" and form.is_valid() and _graded(request, test, form, again):
        return redirect("admin:screening_test_grading", test.pk)
    waiting = grades.waiting_for(request.user, test=test)
    label = again.label if again else _asked_for(request, waiting)
    context = {
        "title": _("Grading"),
        "form": form,
        "label": label and _shown(label),
        "again": again,
        "left": waiting.count(),
        "own": [
            {
                "pk": grade.pk,
                "score": grade.score,
                "beginning": str(grade.label.demonstration),
                "may_change": grade.may_change,
            }
            for grade in grades.graded_by(request.user, test=test)[:LAST]
        ],
    }
    return render_page(request, test, "grading.html", context)


def _asked_for(request, waiting):
    """A refused form comes back with the same demonstration, if it still waits."""
    posted = request.POST.get("label", "")
    same = waiting.filter(pk=posted).first() if posted.isdecimal() else None
    return same or waiting.first()


def _again(request, test):
    again = request.POST.get("again") or request.GET.get("again") or ""
    if not again.isdecimal():
        return None
    return get_object_or_404(grades.graded_by(request.user, test=test), pk=again, may_change=True)


def _said(again):
    return {"score": again.score, "comment": again.comment} if again else {}


def _graded(request, test, form, again):
    posted = request.POST.get("label", "")
    label = again.label if again else Label.objects.filter(pk=posted if posted.isdecimal() else 0).first()
    if label is None or not (again or grades.waiting_for(request.user, test=test).filter(pk=label.pk).exists()):
        messages.warning(request, _("This one has been graded by others meanwhile. Here is the next."))
        return True
    try:
        grades.grade(test=test, label=label, by=request.user, **form.cleaned_data)
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
        return False
    messages.success(request, _("Kept. You can change it below until it is decided."))
    return True


def _shown(label):
    prompt = label.demonstration.prompt or label.assignment.task.prompt
    return {
        "pk": label.pk,
        "prompt": [{"role": turn["role"], "html": markdown.render(turn["content"])} for turn in prompt.messages],
        "html": markdown.render(label.demonstration.text),
    }


PAGES = [("<int:test_id>/grading/", grading, "grading")]
