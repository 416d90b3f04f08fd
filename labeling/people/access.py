"""Who may open this page? Decorators that say so on the view's first line."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from labeling.people import consenting
from labeling.people.models import CohortMembership, Role, Standing
from labeling.prepared import prepared


def role_required(*roles):
    """Let in the signed-in who play one of `roles`; others are refused with 403, strangers sent to sign in."""

    def decorate(view):
        @wraps(view)
        @login_required
        def guarded(request, *args, **kwargs):
            if not any(request.user.plays(role) for role in roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


# Researchers work in the labelers' interface too: their answers are the gold. Applicants take their test on it.
labeler_required = role_required(Role.LABELER, Role.APPLICANT, Role.RESEARCHER, Role.ADMIN)
researcher_required = role_required(Role.RESEARCHER, Role.ADMIN)


def posted_from(page, *names):
    """Let a view be reached by POST alone. Whoever comes by GET had to sign in again on the way: they are shown the
    page that they posted from, whose address is made of the `names` among the view's arguments."""

    def decorate(view):
        @wraps(view)
        @require_http_methods(["GET", "HEAD", "POST"])
        def guarded(request, **kwargs):
            if request.method == "POST":
                return view(request, **kwargs)
            return redirect(page, **{name: kwargs[name] for name in names})

        return guarded

    return decorate


def consent_required(view):
    """Ask whoever has yet to agree to the text as it stands to read it first; then they come back."""

    @wraps(view)
    @login_required
    def asked_first(request, *args, **kwargs):
        if consenting.wanted_of(request.user) is None:
            return view(request, *args, **kwargs)
        return to_consent(request)

    return asked_first


def to_consent(request):
    """Return the redirect to the text. What was asked for by GET comes after it; else the desk."""
    following = request.get_full_path() if request.method == "GET" else "/"
    address = f"{reverse('people:consent')}?{urlencode({'next': following})}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def cohort_of(labeler):
    """Return the cohort that the labeler works in; None for whoever is in neither, or does not work at the moment."""
    return next(iter(_cohorts_at_work(labeler=labeler.pk)), None)


@prepared
def _cohorts_at_work(labeler):
    at_work = CohortMembership.objects.filter(labeler=labeler, standing=Standing.ACTIVE)
    return at_work.values_list("cohort", flat=True)
