"""Whose clock is it? The signed-in person's."""

import zoneinfo

from django.utils import timezone


def own_time_zone(get_response):
    def middleware(request):
        with timezone.override(_zone(request.user)):
            return get_response(request)

    return middleware


def _zone(user):
    try:
        return zoneinfo.ZoneInfo(user.time_zone) if user.is_authenticated else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
