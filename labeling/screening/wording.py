"""What does the reader read? The Korean text where there is one and Korean is read; else the English."""

from django.utils.html import format_html
from django.utils.translation import get_language

from labeling import markdown


def shown(row, field):
    """Return the text of `field`, or of its Korean neighbour, as the language of the moment asks."""
    return _read(row, field)[1]


def rendered(row, field):
    """The same as HTML, from Markdown, in a block that says its language; empty for an empty text."""
    language, text = _read(row, field)
    if not text.strip():
        return ""
    return format_html('<div class="prose" lang="{}">{}</div>', language, markdown.render(text))


def _read(row, field):
    korean = getattr(row, f"korean_{field}")
    reads_korean = (get_language() or "").startswith("ko") and korean.strip()
    return ("ko", korean) if reads_korean else ("en", getattr(row, field))
