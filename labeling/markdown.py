"""How does a text that nobody vouches for become HTML that is safe to show?

Model output is hostile until shown otherwise: raw HTML is text, images are their descriptions, an address is text until
somebody asks to follow it, what remains goes through a sanitiser, and characters that cannot be seen are written out.
Everything the author wrote stays visible, or the text is shown plain: what a labeler cannot see cannot be judged.
"""

import hashlib
import re
from functools import cache as cache_of_one_process
from importlib.metadata import version
from time import thread_time

import nh3
from django.core.cache import cache
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import table
from pygments import format
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

from labeling import formulas
from labeling.unseen import visible

__all__ = ["plain", "render", "render_many", "render_passing", "visible"]

# Raise the number when the rendering changes: what was cached under another edition is forgotten. So it is when one of
# the libraries changes: a hole that a new sanitiser closes must not stay open for a week.
EDITION = "-".join(["4", *(version(name) for name in ("markdown-it-py", "nh3", "pygments", "latex2mathml"))])
SECONDS_KEPT = 7 * 24 * 3600
LONGEST_RENDERED = 50_000
LONGEST_HIGHLIGHTED = 20_000
LONGEST_ADDRESS = 2_000
LONGEST_LINE_IN_VIEW = 40
LENGTH_OF_PART = 4_000
DEEPEST_EMPHASIS = 20
MOST_TAGS = 20_000
MOST_CELLS = 20_000  # in all tables of one text
# Of the processor's time, for one block: some of Pygments' languages take quadratic time over words without end.
SECONDS_FOR_COLOURS = 0.25

# Pygments knows five hundred languages. In some of them, one word without end takes one pattern ten seconds, in which
# nothing can interrupt it: these here stay quick over every letter repeated twenty thousand times.
LANGUAGES = {
    *("bash", "c", "c#", "c++", "cpp", "cs", "csharp", "css", "dart", "diff", "docker", "dockerfile", "go"),
    *("golang", "haskell", "html", "java", "javascript", "js", "json", "jsx", "julia", "kotlin", "latex", "lua"),
    *("make", "makefile", "objc", "objective-c", "perl", "php", "powershell", "py", "pycon", "python"),
    *("python3", "r", "rb", "rs", "ruby", "rust", "scala", "sh", "shell", "sql", "swift", "tex", "toml", "ts", "tsx"),
    *("typescript", "xml", "yaml", "yml"),
}

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "span", "div", "a", "blockquote", "ul", "ol", "li"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    *formulas.ELEMENTS,
}
# The scripts ask before they follow an address; to the browser every link leads nowhere but to that question.
QUESTION = "#link-dialog"
ATTRIBUTES = {"a": {"data-address"}, "ol": {"start"}, **formulas.ATTRIBUTES}
CLASSES = {
    "span": {"where", "picture", *STANDARD_TYPES.values()} - {""},
    "div": {"wide"},
    "pre": {"wide"},
    "code": {"formula"},
}
VALUES = {"a": {"href": {QUESTION}}, "div": {"tabindex": {"0"}}, "pre": {"tabindex": {"0"}}}
SANITISER = nh3.Cleaner(
    tags=TAGS, attributes=ATTRIBUTES, allowed_classes=CLASSES, tag_attribute_values=VALUES, link_rel=None
)
# Ends with a line where it can.
PART = re.compile(f"(?s).{{1,{LENGTH_OF_PART}}}(?:\n|$)|.{{1,{LENGTH_OF_PART}}}")
FOLLOWED = re.compile(r"(?:https?://|mailto:)[^\s\\]+", re.IGNORECASE)


class Unwieldy(Exception):
    """As Markdown, the text would become many times its size, or a tree that browsers take seconds to lay out."""


class Shown(RendererHTML):
    """Writes the tokens that need another form than Markdown's own."""

    def fence(self, tokens, idx, options, env):
        token = tokens[idx]
        return _code(token.content, _coloured(token.content, (token.info.lower().split() or [""])[0]))

    def code_block(self, tokens, idx, options, env):
        return _code(tokens[idx].content)

    def heading_open(self, tokens, idx, options, env):
        return f"<h{_depth(tokens[idx], env)}>"

    def heading_close(self, tokens, idx, options, env):
        return f"</h{2 + len(env['headings'])}>\n"

    def link_open(self, tokens, idx, options, env):
        return f'<a href="{QUESTION}" data-address="{escape(tokens[idx].attrs["href"])}">'

    def link_close(self, tokens, idx, options, env):
        opening = next(at for at in range(idx, -1, -1) if tokens[at].type == "link_open")
        address, title = tokens[opening].attrs["href"], tokens[opening].attrs.get("title")
        if title or "".join(token.content for token in tokens[opening:idx]) != address:
            words = f"{address} “{title}”" if title else address
            return f'</a> <span class="where">({escape(words)})</span>'
        return "</a>"

    def image(self, tokens, idx, options, env):
        token = tokens[idx]
        words = [self.renderInlineAsText(token.children or [], options, env), token.attrs.get("title")]
        return f'<span class="picture">▣ {escape(" – ".join(filter(None, words)))}</span>'

    def em_open(self, tokens, idx, options, env):
        env["emphasis"] = env.get("emphasis", 0) + 1
        if env["emphasis"] > DEEPEST_EMPHASIS:
            raise Unwieldy
        return f"<{tokens[idx].tag}>"

    def em_close(self, tokens, idx, options, env):
        env["emphasis"] -= 1
        return f"</{tokens[idx].tag}>"

    strong_open = s_open = em_open
    strong_close = s_close = em_close

    def table_open(self, tokens, idx, options, env):
        return '<div class="wide" tabindex="0"><table>\n'

    def table_close(self, tokens, idx, options, env):
        return "</table></div>\n"

    def formula(self, tokens, idx, options, env):
        return formulas.to_html(tokens[idx].content, opening=tokens[idx].markup)

    def formula_block(self, tokens, idx, options, env):
        wide = ' class="wide" tabindex="0"' if len(tokens[idx].content) > LONGEST_LINE_IN_VIEW else ""
        return f"<div{wide}>{self.formula(tokens, idx, options, env)}</div>\n"


def _code(source, html=""):
    """Return a block of code. One that may be wider than its pane can be scrolled with the keyboard."""
    is_wide = any(len(line) > LONGEST_LINE_IN_VIEW for line in source.splitlines())
    wide = ' class="wide" tabindex="0"' if is_wide else ""
    return f"<pre{wide}><code>{html or escape(source)}</code></pre>\n"


def _coloured(code, language):
    """Return code in Pygments' classes; nothing where the language is unknown or the code takes too long."""
    if language not in LANGUAGES or len(code) >= LONGEST_HIGHLIGHTED:
        return ""
    try:
        return format(_in_time(_lexer(language).get_tokens(code)), HtmlFormatter(nowrap=True))
    except TimeoutError:
        return ""


@cache_of_one_process
def _lexer(language):
    # What surrounds the code is the text's own, and is shown as it stands.
    return get_lexer_by_name(language, stripnl=False)


def _in_time(tokens):
    until = thread_time() + SECONDS_FOR_COLOURS
    for token in tokens:
        if thread_time() > until:
            raise TimeoutError
        yield token


def _depth(heading, env):
    """Return 3 to 6. A text's headings stand below the page's own and skip no level, whatever the author began with."""
    level, above = int(heading.tag[1]), env.setdefault("headings", [])
    while above and above[-1] >= level:
        above.pop()
    if len(above) < 4:
        above.append(level)
    return 2 + len(above)


def _leads_somewhere(address):
    """Tell whether an address may become a link at all: it names another site, or a mailbox."""
    return len(address) <= LONGEST_ADDRESS and FOLLOWED.fullmatch(address) is not None


def _table(state, first, beyond, silent):
    """Markdown's rule for tables, which fills up short rows: a few characters would make a million cells."""
    if not table(state, first, beyond, True):
        return False
    if silent:
        return True
    columns = state.src.count("|", state.bMarks[first + 1], state.eMarks[first + 1]) + 1
    rows = next((line for line in range(first, beyond) if state.isEmpty(line)), beyond) - first
    state.env["cells"] = state.env.get("cells", 0) + columns * rows
    if state.env["cells"] > MOST_CELLS:
        raise Unwieldy
    return table(state, first, beyond, False)


PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=Shown)
PARSER.enable(["table", "strikethrough"])
# Definitions are not shown, so that words could hide in them; one long address could be named ten thousand times.
PARSER.disable(["reference", "html_block", "html_inline"])
PARSER.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
PARSER.validateLink = _leads_somewhere  # type: ignore[method-assign]
formulas.enable(PARSER)


def render(text):
    """Return sanitised HTML of one Markdown text (see `render_many`)."""
    return render_many([text])[0]


def render_many(texts):
    """Return the sanitised HTML of each Markdown text, from the cache where it has been rendered before."""
    keys = [f"markdown:{EDITION}:{_digest(text)}" for text in texts]
    known = cache.get_many(keys)
    wanted = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    fresh = {key: _sanitised(text) for key, text in wanted.items()}
    if fresh:
        cache.set_many(fresh, SECONDS_KEPT)
    return [_safe((known | fresh)[key]) for key in keys]


def _digest(text):
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def plain(text):
    """Return the text as written, escaped; a very long one in parts, of which a browser lays out what it shows."""
    return _safe(_parts(text) if len(text) > LONGEST_RENDERED else escape(visible(text)))


def render_passing(text):
    """Return sanitised HTML of a text that changes as it is typed: it is kept nowhere."""
    return _safe(_sanitised(text))


def _sanitised(text):
    if len(text) > LONGEST_RENDERED:
        return _parts(text)
    try:
        # Once more afterwards: an entity such as &#8238; is a character only now.
        html = visible(SANITISER.clean(PARSER.render(visible(text))))
    except Unwieldy:
        return _parts(text)
    return html if html.count("<") <= MOST_TAGS else _parts(text)


def _parts(text):
    return "".join(f'<div class="part">{escape(part)}</div>' for part in PART.findall(visible(text)))


def _safe(html) -> SafeString:
    return mark_safe(html)  # noqa: S308  it has been through the sanitiser
