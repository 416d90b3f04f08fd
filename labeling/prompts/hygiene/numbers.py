"""Which numbers in a text are somebody's own? Cards, bank accounts and residents, told by their check digits."""

import re
from datetime import date
from string import ascii_uppercase

# 13 to 19 digits, in groups of one kind of separator or in none.
CARD = re.compile(r"(?<![\w.-])[2-6]\d{3}([ -]?)\d{4,6}\1\d{4,5}(?:\1\d{1,4})?(?:\1\d{1,3})?(?![\w-])", re.ASCII)
IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)", re.ASCII)
# How many characters an account of each country has (the registry of ISO 13616).
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30,
    "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip
RESIDENT = re.compile(r"(?<![\w-])\d{6}[ ]?-?[ ]?[1-8]\d{6}(?![\w-])", re.ASCII)
RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
# From October 2020 the last six digits are drawn by lot, and there is no check digit.
BY_LOT_SINCE = date(2020, 10, 1)


def cards(text):
    return [match.span() for match in CARD.finditer(text) if _is_card(_digits(match.group()))]


def ibans(text):
    return [span for match in IBAN.finditer(text) if (span := _account(match))]


def residents(text):
    return [match.span() for match in RESIDENT.finditer(text) if _is_resident(_digits(match.group()))]


def luhn(digits):
    """Whether the last digit checks the others (ISO/IEC 7812).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = [int(digit) for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(2 * digit - 9 * (digit > 4) for digit in doubled)) % 10 == 0


def _is_card(digits):
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn(digits)


def _account(match):
    """The span of an account's number at the beginning of `match`, behind which other words in capitals may follow."""
    text = match.group()
    length = IBAN_LENGTHS.get(text[:2], len(text) + 1)
    places = [at for at, one in enumerate(text) if one != " "][:length]
    is_whole = len(places) == length and not text[places[-1] + 1 : places[-1] + 2].isalnum()
    if is_whole and _checks("".join(text[at] for at in places)):
        return match.start(), match.start() + places[-1] + 1
    return None


def _checks(account):
    """ISO 7064: the account, its country and check digits moved to the end and letters as numbers, is 1 modulo 97."""
    moved = account[4:] + account[:4]
    return int("".join(str(ascii_uppercase.find(one) + 10) if one.isalpha() else one for one in moved)) % 97 == 1


def _is_resident(digits):
    """A Korean resident's, or with 5 to 8 as the seventh digit a registered foreigner's."""
    century = 2000 if digits[6] in "3478" else 1900
    try:
        born = date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return born >= BY_LOT_SINCE or _resident_check(digits) == int(digits[12]) or _foreigner_check(digits)


def _resident_check(digits):
    return (11 - sum(int(digit) * weight for digit, weight in zip(digits, RESIDENT_WEIGHTS, strict=False)) % 11) % 10


def _foreigner_check(digits):
    return digits[6] in "5678" and (_resident_check(digits) + 2) % 10 == int(digits[12])


def _digits(text):
    return re.sub(r"\D", "", text)
