"""Who may make an account? Whoever an open application page or an invitation has let in."""

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

MARK, KNOWN = "let_in", "known_of_them"


def let_in(request, *, next, **known):
    """Remember that this visitor may make an account, and return the redirect to where they do; `next` comes after.

    What is `known` of them, email and name, stands in the form already. Whoever is signed in goes to `next`, an address
    of this site, at once.
    """
    if request.user.is_authenticated:
        return redirect(next)
    request.session[MARK], request.session[KNOWN] = True, known
    return redirect(f"{reverse('account_signup')}?{urlencode({'next': next})}")


def is_let_in(request):
    return bool(request.session.get(MARK))


def known_of(request):
    """Return what was known of whoever was let in."""
    return request.session.get(KNOWN, {})
