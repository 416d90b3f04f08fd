"""Where does an invitation link lead? To what it gives, by way of an account, a verified address and consent."""

from allauth.account.decorators import verified_email_required
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labeling.people import consenting, inviting
from labeling.people.joining import let_in
from labeling.people.models import Invitation
from labeling.screening import joining

# In a session: the code of the link whose button was pressed before there was consent.
PRESSED = "pressed_join"


@never_cache
@require_http_methods(["GET", "POST"])
def join(request, code):
    invitation = get_object_or_404(Invitation, code=code)
    person = request.user if request.user.is_authenticated else None
    sentence = inviting.why_not(invitation, person)
    if request.method == "POST" and not sentence:
        known = {"email": invitation.email, "name": invitation.name}
        return _followed(request, invitation) if person else let_in(request, next=request.path, **known)
    if not sentence and _comes_back_from_consent(request, code):
        return _followed(request, invitation)
    context = {
        "sentence": sentence,
        "sign_in_url": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
        **joining.leads_to(invitation),
    }
    return render(request, "people/join.html", context, status=410 if sentence else 200)


@verified_email_required
def _followed(request, invitation):
    if _has_to_agree(request.user):
        request.session[PRESSED] = invitation.code
        return redirect(f"{reverse('people:consent')}?{urlencode({'next': request.path})}")
    try:
        test = joining.follow(invitation=invitation, person=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(request.path)
    if test:
        return redirect("screening:test", test.pk)
    messages.success(request, _("Welcome. What is open to you is on your desk."))
    return redirect("/")


def _comes_back_from_consent(request, code):
    """The button has been pressed; it is not pressed again after the text has been agreed to."""
    if request.session.pop(PRESSED, None) != code:
        return False
    return request.user.is_authenticated and not _has_to_agree(request.user)


def _has_to_agree(person):
    """Whoever has no role yet is about to get one that is asked."""
    return bool(consenting.wanted_of(person) if person.role_names else consenting.missing_of(person))
