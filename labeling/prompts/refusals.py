"""How is no said? Each refusal is one whole sentence, of a row, of a file, or of what was asked for."""


class Refused(Exception):
    """Why a row cannot become a prompt."""


class NotReadable(Refused):
    """Why a whole file cannot be taken."""


class WrongMapping(Refused):
    """Why these keys cannot be mapped so."""


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def cell(value):
    """Return a text that no spreadsheet takes for a formula.

    >>> cell("=1+1"), cell("1+1")
    ("'=1+1", '1+1')
    """
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
