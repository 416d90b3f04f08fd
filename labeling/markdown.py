"""How does a text that nobody vouches for become HTML that is safe to show?

Model output is hostile until shown otherwise: raw HTML is text, images are left out, what remains goes through a
sanitiser, and characters that reorder text are made visible.
"""

import hashlib
import re
from time import thread_time

import nh3
from django.core.cache import cache
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from pygments import format
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

EDITION = 2  # raise it when the rendering changes: what was cached under another edition is forgotten
SECONDS_KEPT = 7 * 24 * 3600
LONGEST_RENDERED = 50_000
LONGEST_HIGHLIGHTED = 20_000
# Of the processor's time, for one block: some of Pygments' languages take quadratic time over words without end.
SECONDS_FOR_COLOURS = 0.25

# Unicode's bidirectional controls (UAX #9): they can make a text read otherwise than it is stored.
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "span", "div", "a", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "span": {"class"}, "div": {"class"}, "code": {"class"}}


def visible(text):
    """Return the text with its bidirectional controls spelled out, as in ⟦U+202E⟧."""
    return BIDI_CONTROLS.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", text)


def _coloured(code, language, attributes):
    """Return a fenced block in Pygments' classes; plain where the language is unknown or the code takes too long."""
    if not language or len(code) >= LONGEST_HIGHLIGHTED:
        return ""
    try:
        return format(_in_time(get_lexer_by_name(language).get_tokens(code)), HtmlFormatter(nowrap=True))
    except (ClassNotFound, TimeoutError):
        return ""


def _in_time(tokens):
    until = thread_time() + SECONDS_FOR_COLOURS
    for token in tokens:
        if thread_time() > until:
            raise TimeoutError
        yield token


PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": _coloured})
PARSER.enable(["table", "strikethrough"]).disable("image")


def render(text):
    """Return sanitised HTML of one Markdown text (see `render_many`)."""
    return render_many([text])[0]


def render_many(texts):
    """Return the sanitised HTML of each Markdown text, from the cache where it has been rendered before."""
    keys = [f"markdown:{EDITION}:{hashlib.sha256(text.encode()).hexdigest()}" for text in texts]
    known = cache.get_many(keys)
    fresh = {key: _sanitised(text) for key, text in zip(keys, texts, strict=True) if key not in known}
    if fresh:
        cache.set_many(fresh, SECONDS_KEPT)
    return [_safe((known | fresh)[key]) for key in keys]


def render_passing(text):
    """Return sanitised HTML of a text that changes as it is typed: it is kept nowhere."""
    return _safe(_sanitised(text))


def _sanitised(text):
    if len(text) > LONGEST_RENDERED:
        return linebreaks(visible(text), autoescape=True)
    return nh3.clean(
        PARSER.render(visible(text)),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _safe(html) -> SafeString:
    return mark_safe(html)  # noqa: S308  it has been through the sanitiser
