"""What are the countries called? By Unicode's CLDR, in the reader's language; keyed as ISO 3166-1 alpha-2."""

from functools import cache

from babel import Locale
from django.utils.translation import get_language

# What CLDR has beside the countries: islands without a code of their own, unions, the unknown, made-up ones for tests.
NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


def countries():
    """Return [(code, name)] in the order of the names."""
    return _of(get_language() or "en")


@cache
def _of(language):
    territories = Locale.parse(language, sep="-").territories
    named = [(code, name) for code, name in territories.items() if len(code) == 2 and code.isalpha()]
    return sorted((pair for pair in named if pair[0] not in NO_COUNTRIES), key=lambda pair: pair[1])


def name_of(code):
    return dict(countries()).get(code, code)
