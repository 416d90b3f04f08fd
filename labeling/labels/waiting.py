"""What becomes of words that somebody posts who was signed out meanwhile? They wait until it is known whose they are.

Signing in leads back by GET, and what a page without scripts had sent would be gone with the POST. The session outlives
signing in, so the words wait there; a script keeps them on its own page and needs none of this.
"""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from labeling.work.models import Assignment, AssignmentState

WAITING = "words_of_a_sheet"


def words_wait(taken_up_at):
    """Let what strangers post to a view of an open sheet wait; signing in leads to `taken_up_at`, a view's name."""

    def decorate(view):
        @wraps(view)
        def guarded(request, assignment_id):
            if not _is_waited_for(request, assignment_id):
                return view(request, assignment_id=assignment_id)
            address = reverse(taken_up_at, args=[assignment_id])
            request.session[WAITING] = {"for": address, "fields": request.POST.urlencode()}
            messages.warning(request, _("You have been signed out. What you wrote waits here until you sign in."))
            return redirect_to_login(address)

        return guarded

    return decorate


def _is_waited_for(request, assignment_id):
    """Scripts send their token in the head. And nobody fills the table of sessions with words for sheets that are not
    there: the number of one that is cannot be guessed."""
    is_a_form = request.method == "POST" and not request.htmx and "csrfmiddlewaretoken" in request.POST
    if not is_a_form or request.user.is_authenticated:
        return False
    return Assignment.objects.filter(pk=assignment_id, state=AssignmentState.OPEN).exists()


def waiting_words(request):
    """Return, once, the fields that waited for this page to be opened; None where none did. Ask who opens it first."""
    waiting = request.session.get(WAITING)
    if waiting is None or waiting["for"] != request.path:
        return None
    del request.session[WAITING]
    return QueryDict(waiting["fields"])
