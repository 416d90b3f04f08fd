"""Where does a text say how to reach somebody? E-mail addresses and phone numbers, as (start, end)."""

import re

EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![A-Za-z0-9_-])"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w-])"  # in any script: RFC 6531
)
# Korean says what it says of a number in a syllable right behind it, so that only ASCII letters are its neighbours.
# E.164: a plus, a country, 8 to 15 digits in all, in groups.
INTERNATIONAL = re.compile(r"(?<![\w+])\+[1-9](?:[ .()-]{0,2}\d){7,14}(?![\d\w])", re.ASCII)
# Mobile numbers, areas (02 is Seoul), internet telephony and personal numbers.
KOREAN = re.compile(
    r"(?<![\w+.-])(?:\(?(?:01[016789]|02|0[3-6][1-5]|070|050\d?)\)?)[ .-]{0,2}\d{3,4}[ .-]?\d{4}(?![\d\w])",
    re.ASCII,
)
# With its area code and written in groups; ten digits without any are too often something else.
NORTH_AMERICAN = re.compile(
    r"(?<![\w+.-])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{4}(?![\d\w])", re.ASCII
)


def emails(text):
    return [match.span() for match in EMAIL.finditer(text)] if "@" in text else []


def phones(text):
    return [match.span() for pattern in (INTERNATIONAL, KOREAN, NORTH_AMERICAN) for match in pattern.finditer(text)]
