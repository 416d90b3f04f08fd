"""Whose clock is it, whose language, and in the admin whose doing? The signed-in person's."""

import zoneinfo

import pghistory
from django.conf import settings
from django.urls import reverse_lazy
from django.utils import timezone, translation

ADMIN = reverse_lazy("admin:index")


def own_time_zone(get_response):
    def middleware(request):
        with timezone.override(_zone(request.user)):
            return get_response(request)

    return middleware


def own_language(get_response):
    """What a person has chosen goes before cookie and Accept-Language, by which Django's own middleware went."""

    def middleware(request):
        if request.user.is_authenticated and request.user.locale in dict(settings.LANGUAGES):
            # Not taken back: Django names this language in the answer, and every request starts by choosing anew.
            translation.activate(request.user.locale)
            request.LANGUAGE_CODE = translation.get_language()
        return get_response(request)

    return middleware


def own_doing(get_response):
    """What triggers write into histories names whoever changed it in the admin; only there, and only for changes."""

    def middleware(request):
        if request.method != "POST" or not request.path.startswith(str(ADMIN)) or not request.user.is_authenticated:
            return get_response(request)
        with pghistory.context(user=request.user.pk, address=request.path):
            return get_response(request)

    return middleware


def _zone(user):
    try:
        return zoneinfo.ZoneInfo(user.time_zone) if user.is_authenticated else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
