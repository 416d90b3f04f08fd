"""Which language do I read? Chosen on any page, and remembered."""

from django.conf import settings
from django.views import i18n


def set_language(request):
    """Switch as Django does, by a cookie; a signed-in person's choice also follows them to other machines."""
    chosen = request.POST.get(i18n.LANGUAGE_QUERY_PARAMETER)
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        request.user.locale = chosen
        request.user.save(update_fields=["locale"])
    return i18n.set_language(request)
