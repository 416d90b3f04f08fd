"""Where in a Markdown text is mathematics, and how does it become readable?

LaTeX between `$…$`, `$$…$$`, `\\(…\\)` and `\\[…\\]` becomes MathML, which browsers draw themselves. What cannot be
converted is shown as it was written, in a monospaced face. A dollar sign is far more often money than mathematics, so
`$…$` has to look like a formula from both ends, and in between.
"""

import re
from html import escape, unescape

LONGEST_FORMULA = 2_000
DEEPEST_FORMULA = 30  # elements; browsers take seconds to lay out a fraction within a hundred others
CLOSING = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}

# Commands that would define others, or hide, colour and link what they enclose: such a formula is shown as written.
REFUSED = re.compile(
    r"\\(?:[gex]?def|let|(?:re)?newcommand|newenvironment|DeclareMathOperator|require|href|url|class|cssId|style"
    r"|includegraphics|(?:text|math)?color|colorbox|[hv]?phantom|smash|llap|rlap|mathllap|mathrlap|rule|unicode)(?![A-Za-z])"
)
SMALL_LENGTH = re.compile(r"0|-?[0-3]?(?:\.\d{1,8})?em")
YES_NO = re.compile("true|false")
ELEMENTS = {
    "math": {"display": re.compile("block|inline")},
    "mi": {"mathvariant": re.compile("normal|bold|italic|bold-italic")},
    "mo": {"stretchy": YES_NO, "fence": YES_NO, "form": re.compile("prefix|infix|postfix"),
           "minsize": SMALL_LENGTH, "maxsize": SMALL_LENGTH},
    "mfrac": {"linethickness": re.compile("0")},
    "mstyle": {"displaystyle": YES_NO, "scriptlevel": re.compile("[0-2]")},
    "mspace": {"width": SMALL_LENGTH},
    "mover": {"accent": YES_NO},
    "munder": {"accentunder": YES_NO},
    "mtd": {"columnalign": re.compile("left|right|center")},
    "menclose": {"notation": re.compile("box")},
    "mrow": {}, "mn": {}, "mtext": {}, "msup": {}, "msub": {}, "msubsup": {}, "msqrt": {}, "mroot": {},
    "munderover": {}, "mtable": {"displaystyle": YES_NO}, "mtr": {},
}  # fmt: skip
ATTRIBUTES = {tag: set(attributes) for tag, attributes in ELEMENTS.items() if attributes}
CHILDREN = {
    **dict.fromkeys(["mfrac", "msup", "msub", "mover", "munder", "mroot"], 2),
    **dict.fromkeys(["msubsup", "munderover"], 3),
}
# Environments that the converter numbers or does not know, and what does the same.
ENVIRONMENTS = {
    **dict.fromkeys(["align", "aligned", "alignedat", "eqnarray", "eqnarray*"], "align*"),
    **dict.fromkeys(["gather", "gather*", "gathered", "multline", "multline*"], "matrix"),
}
_ENVIRONMENT = re.compile(r"(\\(?:begin|end)\s*\{)([a-z]+\*?)\}")
# Said to programs that read aloud; drawn as nothing.
INVISIBLE_OPERATORS = re.compile("[\u2061-\u2064\ufe00]")

_NAMED = r"\\(?:text\w*|mathrm|mathit|mathbf|mathsf|mathtt|operatorname|mbox|begin|end|tag|label)\*?\s*\{[^{}]*\}"
_NAMED_OR_COMMAND = re.compile(rf"{_NAMED}|\\(?:[A-Za-z]+|[^$%#&])")
_SCRIPT = re.compile(r"[_^]\s*(?:\{[^{}]*\}|[A-Za-z0-9+\-*'′](?![A-Za-z]{2}))")
_FUNCTIONS = "sin|cos|tan|cot|sec|csc|log|ln|lg|exp|max|min|sup|inf|lim|mod|gcd|lcm|det|dim|ker|arg|deg|Pr|Var|Cov"
_WORD = rf"(?!(?:{_FUNCTIONS})\b)[^\W\d_]{{2,}}"
_LONG_WORD = re.compile(rf"(?!(?:{_FUNCTIONS})\b)\b[^\W\d_]{{3,}}|\d[^\W\d_]{{3,}}")
_IN_A_ROW = re.compile(rf"\b{_WORD}\s+\w|\w\s+{_WORD}")
_PROSE = re.compile(rf"\b{_WORD}[\s,]+{_WORD}[\s,]+{_WORD}")
_NAME_IN_CAPITALS = re.compile(r"[A-Z]{2,}_[A-Z]|[A-Za-z]{2,}_[A-Za-z]{2,}")


def reads_as_mathematics(source):
    """Tell whether what stands between two delimiters is a formula rather than prose, a price or a variable's name.

    >>> [reads_as_mathematics(text) for text in (r"\\frac{a}{b}", "x^2 + y", "a = 5", "5", "5 and ", "HOME", "5 to 10")]
    [True, True, True, True, False, False, False]
    """
    if not source.strip() or any(mark in source for mark in '`"\0') or _NAME_IN_CAPITALS.search(source):
        return False
    bare = _SCRIPT.sub(" ", _NAMED_OR_COMMAND.sub(" + ", source))
    if _NAMED_OR_COMMAND.search(source) or _SCRIPT.search(source):
        return not _PROSE.search(bare)
    return not _IN_A_ROW.search(bare) and ("=" in bare or not _LONG_WORD.search(bare))


def to_html(source, *, opening):
    """Return MathML of the formula; its source in <code> where it cannot be converted."""
    try:
        return _serialised(_tree(source.strip(), display="block" if opening in {"$$", "\\["} else "inline"))
    except Exception:  # the converter raises whatever it stumbles over: IndexError, RecursionError, its own
        return f'<code class="formula">{escape(opening + source + CLOSING[opening])}</code>'


def _tree(source, *, display):
    # Its tables of symbols take a tenth of a second to load, and most processes never show a formula.
    from latex2mathml.converter import Converter

    if REFUSED.search(source):
        raise ValueError
    source = _ENVIRONMENT.sub(lambda found: found[1] + ENVIRONMENTS.get(found[2], found[2]) + "}", source)
    if "\\\\" in source and "\\begin" not in source:
        source = rf"\begin{{matrix}}{source}\end{{matrix}}"  # lines, which only a table can set
    return Converter(display=display).convert_to_element(source)


def _serialised(element, depth=0):
    """Write out known elements and attributes and escaped text; another element leaves only what it encloses."""
    text = INVISIBLE_OPERATORS.sub("", unescape(element.text or ""))
    if element.tag in {"mi", "mo"} and (text == "&" or (text.startswith("\\") and text != "\\")):
        raise ValueError  # a command that the converter does not know, a column without a table
    if element.tag in {"mphantom", "menclose"} and element.get("notation") != "box":
        raise ValueError  # left out, it would read otherwise: something struck through, something hidden
    if depth > DEEPEST_FORMULA or len(element) != CHILDREN.get(element.tag, len(element)):
        raise ValueError  # too deep, or a fraction without its lower half
    inside = escape(text) + "".join(_serialised(child, depth + 1) for child in element)
    tag = element.tag if element.tag in ELEMENTS else "mrow"
    known = ELEMENTS[tag].items()
    attributes = "".join(f' {n}="{element.get(n)}"' for n, shape in known if shape.fullmatch(element.get(n, "-")))
    return f"<{tag}{attributes}>{inside}</{tag}>"


def enable(parser):
    """Teach a MarkdownIt parser the four pairs of delimiters: tokens `formula` and `formula_block`."""
    parser.inline.ruler.before("escape", "formula", _inline)
    parser.block.ruler.before(
        "fence", "formula_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _inline(state, silent):
    opening = _opening_at(state.src, state.pos)
    if not opening:
        return False
    start = state.pos + len(opening)
    end = _end(state.src, start, opening)
    if end < 0 or not reads_as_mathematics(state.src[start:end]):
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.markup, token.content = opening, state.src[start:end]
    state.pos = end + len(opening)
    return True


def _opening_at(text, at):
    two = text[at : at + 2]
    return two if two in CLOSING else text[at] if text[at] == "$" else None


def _end(text, start, opening):
    """Return where the formula's closing delimiter stands, or -1. Never looks further than the longest formula."""
    limit = start + LONGEST_FORMULA
    end = text.find(CLOSING[opening], start, limit)
    if opening == "$":
        return end if end > start and _dollars_fit(text, start, end) else -1
    return -1 if text.find(opening, start, end) >= 0 else end


def _dollars_fit(text, start, end):
    """Tell whether both dollars stick to the formula and to nothing else, and no operator is left dangling."""
    before, after = text[start - 2 : start - 1] if start > 1 else "", text[end + 1 : end + 2]
    first, last = text[start], text[end - 1]
    return (
        not _is_latin(before)
        and before != "$"
        and not _is_latin(after)
        and after != "$"
        and not first.isspace()
        and not last.isspace()
        and (end - start == 1 or last not in "\\/:;,-–—=([{|&+*<>.")
        and "\n" not in text[start:end]
    )


def _is_latin(letter):
    """Tell whether a letter or digit would make a dollar beside it money; a Korean particle may follow a formula."""
    return letter.isascii() and letter.isalnum()


def _block(state, first, beyond, silent):
    """A formula that has its lines to itself."""
    at = state.bMarks[first] + state.tShift[first]
    opening = state.src[at : at + 2]
    if opening not in {"$$", "\\["} or state.is_code_block(first):
        return False
    end = _end(state.src, at + 2, opening)
    last = _line_of(state, end, first, beyond)
    if end < 0 or last is None or state.src[end + 2 : state.eMarks[last]].strip():
        return False
    source = state.getLines(first, last + 1, state.blkIndent, False).strip()[2:-2]
    if not reads_as_mathematics(source):
        return False
    if not silent:
        state.line = last + 1
        token = state.push("formula_block", "math", 0)
        token.markup, token.content, token.block = opening, source, True
    return True


def _line_of(state, position, first, beyond):
    """Return the line on which the position stands, unless a blank or an outer line comes before it."""
    for line in range(first, beyond):
        if line > first and (state.isEmpty(line) or state.sCount[line] < state.blkIndent):
            return None
        if state.eMarks[line] >= position:
            return line
    return None
