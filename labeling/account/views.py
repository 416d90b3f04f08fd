"""What is held on me, what may I do and why, and how do I leave? One's own page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from labeling.account import downloading, leaving, reasons
from labeling.account.forms import OwnFacts
from labeling.people import consenting
from labeling.people.models import CohortMembership, Role, User
from labeling.screening.models import Attempt
from labeling.screening.wording import shown


@never_cache
@login_required
@require_GET
def me(request):
    return _page(request, OwnFacts(instance=request.user))


@login_required
@require_POST
def change(request):
    """Take a new name and time zone."""
    # A row of its own: what is not valid does not show in the page's header as if it were.
    form = OwnFacts(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _page(request, form, status=422)
    form.save()
    messages.success(request, _("Saved."))
    return redirect("own_account:me")


def _page(request, form, status=200):
    person = request.user
    context = {
        "form": form,
        "roles": [Role(name).label for name in Role.values if name in person.role_names],
        "membership": CohortMembership.objects.filter(labeler=person).first(),
        "qualified": _qualifications(person),
        "doors": reasons.doors(person),
        "attempts": Attempt.objects.filter(applicant=person).select_related("test").order_by("-began_at"),
        "consents": person.consents.select_related("text").order_by("-agreed_at"),
        "wanted": consenting.wanted_of(person),
        "asked": leaving.waiting(person),
    }
    return render(request, "own_account/me.html", context, status=status)


def _qualifications(person):
    """Those that stand, with whether they have run out."""
    now = timezone.now()
    standing = person.qualified.filter(revoked_at__isnull=True).select_related("qualification")
    return [
        {
            "row": row,
            "name": shown(row.qualification, "name"),
            "is_over": bool(row.expires_at and row.expires_at <= now),
        }
        for row in standing.order_by("qualification__name")
    ]


@never_cache
@login_required
@require_POST
def download(request):
    name = f"attune-{timezone.localdate().isoformat()}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(downloading.archive(request.user), content_type="application/zip", headers=headers)


@login_required
@require_POST
def ask_to_leave(request):
    if leaving.ask(person=request.user):
        messages.success(request, _("You have asked for your account to be deleted. An admin carries it out."))
    return redirect("own_account:me")


@login_required
@require_POST
def take_back(request):
    if leaving.take_back(person=request.user):
        messages.success(request, _("Your account stays. Nothing was deleted."))
    return redirect("own_account:me")
