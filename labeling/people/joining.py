"""Who may make an account? Whoever an open application page or an invitation has let in."""

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

MARK = "let_in"


def let_in(request, *, next):
    """Remember that this visitor may make an account, and return the redirect to where they do; `next` comes after.

    Whoever is signed in goes to `next`, an address of this site, at once.
    """
    if request.user.is_authenticated:
        return redirect(next)
    request.session[MARK] = True
    return redirect(f"{reverse('account_signup')}?{urlencode({'next': next})}")


def is_let_in(request):
    return bool(request.session.get(MARK))
