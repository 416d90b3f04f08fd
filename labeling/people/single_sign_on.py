"""Who comes in by the organisation's own sign-in (OpenID Connect), and as whom?

The provider is trusted with one thing: whose an e-mail address is. From the first time on, its own number for the
person (`sub`) tells who they are. Roles, cohorts and consent are never taken from it.
"""

import requests
import structlog
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.adapter import get_adapter as provider_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib import messages
from django.dispatch import receiver
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from labeling.people import inviting
from labeling.people.joining import is_let_in
from labeling.people.models import User
from labeling.people.signing_up import fill_in

log = structlog.get_logger(__name__)
LONGEST_NAME = User._meta.get_field("name").max_length


@never_cache
@require_POST
def begin(request):
    """Send the visitor to the provider: by a page, since a form that was redirected there would need a policy for it,
    and for every host that the provider redirects to in turn."""
    try:
        provider = provider_adapter(request).get_provider(request, settings.OIDC_ID)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    try:
        answer = provider.redirect(request, process=AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    except (requests.RequestException, KeyError, ValueError):  # away, or no provider of OpenID Connect
        log.exception("the provider of single sign-on could not be asked", issuer=settings.OIDC_ISSUER)
        sentence = _("%(name)s does not answer at the moment. Try again in a few minutes, or sign in with a password.")
        messages.error(request, sentence % {"name": provider.name})
        return redirect("account_login")
    if answer.status_code != 302:
        return answer
    return render(request, "people/to_provider.html", {"address": answer.url, "provider": provider.name})


class TrustedWithAddresses(DefaultSocialAccountAdapter):
    def populate_user(self, request, sociallogin, data):
        """Take the address and the name, and keep nothing else of what the provider says."""
        said = sociallogin.account.extra_data
        numbers = {part["sub"] for part in (said.get("userinfo"), said.get("id_token")) if part}
        if len(numbers) > 1:  # OpenID Connect Core 1.0, 5.3.2: such an answer is somebody else's
            raise OAuth2Error("The provider's two answers are about two people.")
        sociallogin.account.extra_data = {}
        for address in sociallogin.email_addresses:
            address.verified = address.verified is True or address.verified == "true"
        sociallogin.user.email = (data.get("email") or "").lower()
        sociallogin.user.name = str(data.get("name") or "")[:LONGEST_NAME]
        return sociallogin.user

    def pre_social_login(self, request, sociallogin):
        """Whoever is not known as yet has to bring an address that the provider vouches for."""
        if not sociallogin.is_existing and _address_of(sociallogin) is None:
            raise ImmediateHttpResponse(_refused(request, sociallogin))

    def is_open_for_signup(self, request, sociallogin):
        """A stranger comes in as they would with a password; whose address was invited has been let in by that."""
        return is_let_in(request) or inviting.open_to(_address_of(sociallogin)) is not None

    def save_user(self, request, sociallogin, form=None):
        """Make the account, which is verified from the first moment, and lead it to its invitation."""
        user = super().save_user(request, sociallogin, form)
        invitation = inviting.open_to(user.email)
        fill_in(user, name=user.name or getattr(invitation, "name", ""))
        if invitation and not sociallogin.state.get("next"):
            sociallogin.state["next"] = reverse("screening:join", args=[invitation.code])
        return user


@receiver(social_account_added)
def note_that_the_address_is_theirs(request, sociallogin, **kwargs):
    """Of an account that was found by its address: allauth has just taken away a password that nobody vouched for."""
    EmailAddress.objects.filter(user=sociallogin.user, email__iexact=_address_of(sociallogin)).update(verified=True)


def _address_of(sociallogin):
    """Return the address that the provider vouches for, or None."""
    return next((address.email for address in sociallogin.email_addresses if address.verified), None)


def _refused(request, sociallogin):
    addresses = [address.email for address in sociallogin.email_addresses]
    context = {"provider": sociallogin.provider.name, "address": next(iter(addresses), "")}
    return render(request, "people/not_vouched_for.html", context, status=403)
