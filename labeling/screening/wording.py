"""What does the reader read? The Korean text where there is one and Korean is read; else the English."""

from django.utils.translation import get_language

from labeling import markdown


def shown(row, field):
    """Return the text of `field`, or of its Korean neighbour, as the language of the moment asks."""
    korean = getattr(row, f"korean_{field}")
    return korean if (get_language() or "").startswith("ko") and korean.strip() else getattr(row, field)


def rendered(row, field):
    """The same as HTML, from Markdown; empty for an empty text."""
    text = shown(row, field)
    return markdown.render(text) if text.strip() else ""
