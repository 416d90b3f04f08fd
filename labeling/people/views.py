"""Which language do I read, and to what do I agree? Asked on any page, and remembered."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labeling import markdown
from labeling.people import consenting
from labeling.people.models import Consent


def set_language(request):
    """Switch as Django does, by a cookie; a signed-in person's choice also follows them to other machines."""
    chosen = request.POST.get(i18n.LANGUAGE_QUERY_PARAMETER)
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        request.user.locale = chosen
        request.user.save(update_fields=["locale"])
    return i18n.set_language(request)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def consent(request):
    """The text as it stands: to be agreed to, to be read again, or to be taken back."""
    text = consenting.newest_text()
    if request.method == "POST" and text:
        if request.POST.get("do") == "withdraw":
            return _withdrawn(request)
        if request.POST.get("number") == str(text.number):
            return _agreed(request, text)
        messages.warning(request, _("The text has changed since you opened it. Please read it as it is now."))
    return render(request, "people/consent.html", _shown(request, text), status=409 if request.POST else 200)


def _shown(request, text):
    if text is None:
        return {"text": None}
    language, words = consenting.in_language(text, get_language())
    standing = Consent.objects.filter(person=request.user, text=text, withdrawn_at__isnull=True).first()
    return {
        "text": text,
        "language": language,
        "words": markdown.render(words),
        "standing": standing,
        "next": _following(request),
    }


def _agreed(request, text):
    language, _words = consenting.in_language(text, get_language())
    consenting.agree(person=request.user, text=text, language=language)
    messages.success(request, _("Thank you. You have agreed to version %(number)d.") % {"number": text.number})
    return redirect(_following(request) or "/")


def _withdrawn(request):
    if consenting.withdraw(person=request.user):
        messages.success(request, _("You have withdrawn your consent. You are given no new sheets."))
    return redirect("people:consent")


def _following(request):
    """Return the address of this site to go on to afterwards, or nothing."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_ours else ""
