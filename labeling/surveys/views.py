"""What would you tell us about yourself and about the work? Two pages for those who want to."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labeling.people.access import role_required
from labeling.people.models import Role
from labeling.surveys import answering, offering
from labeling.surveys.forms import AboutTheWork, AboutYou
from labeling.surveys.models import Survey
from labeling.work.models import Project

# Applicants are not asked: who they are is no part of choosing them.
those_who_label = role_required(Role.LABELER)


@never_cache
@those_who_label
@require_http_methods(["GET", "POST"])
def about_you(request):
    form = AboutYou(request.POST or None)
    return _page(request, "surveys/about_you.html", form, Survey.DEMOGRAPHICS, answering.answer_demographics)


@never_cache
@those_who_label
@require_http_methods(["GET", "POST"])
def about_the_work(request, project_id):
    project = get_object_or_404(Project, pk=project_id)
    if not offering.may_speak_of(request.user, project):
        raise Http404
    form = AboutTheWork(request.POST or None)
    page = "surveys/about_the_work.html"
    return _page(request, page, form, Survey.SATISFACTION, answering.answer_satisfaction, project=project)


def _page(request, template, form, survey, answer, **about):
    """Show the form, take the answers, or put it away."""
    if request.method == "POST" and request.POST.get("do") == "put_away":
        answering.put_away(person=request.user, survey=survey, **about)
        return redirect("desk:home")
    if request.method == "POST" and form.is_valid():
        if answer(person=request.user, **about, **form.cleaned_data):
            messages.success(request, _("Thank you. What you said is kept without your name."))
        return redirect("desk:home")
    was_asked = answering.was_asked(request.user, survey, **about)
    return render(request, template, {"form": form, "was_asked": was_asked, **about})
