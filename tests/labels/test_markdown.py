"""What may a text that nobody vouches for do to the page? Be read, and nothing else."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from pygments.token import STANDARD_TYPES

from labeling import formulas, markdown
from tests.journeys.payloads import PAYLOADS

ATTRIBUTES = {
    "a": {"href": {"#link-dialog"}, "data-address": r"(https?://|mailto:)\S+"},
    "ol": {"start": r"\d{1,9}"},
    "div": {"class": {"wide", "part"}, "tabindex": {"0"}},
    "pre": {"class": {"wide"}, "tabindex": {"0"}},
    "code": {"class": {"formula"}},
    "span": {"class": {"where", "picture", *STANDARD_TYPES.values()}},
}


class Elements(HTMLParser):
    """Every element of a page as (tag, attribute, value)."""

    def __init__(self, html):
        super().__init__()
        self.found, self.words = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found += [(tag, name, value) for name, value in attributes or [("", "")]]

    def handle_data(self, data):
        self.words += data


def is_allowed(tag, name, value):
    if tag in formulas.ELEMENTS:
        return not name or formulas.ELEMENTS[tag][name].fullmatch(value)
    values = ATTRIBUTES.get(tag, {}).get(name, set())
    return tag in markdown.TAGS and (
        not name or (value in values if isinstance(values, set) else re.match(values, value))
    )


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_a_hostile_text_is_only_shown(text):
    elements = Elements(markdown.render(text)).found

    assert [element for element in elements if not is_allowed(*element)] == []


def test_there_are_many_ways_to_be_hostile():
    assert len(PAYLOADS) >= 60


# Links and pictures


def test_a_link_leads_to_a_question_and_its_address_stands_beside_it():
    assert markdown.render('[here](https://a.example/?b=1&c "Come")') == (
        '<p><a href="#link-dialog" data-address="https://a.example/?b=1&amp;c">here</a>'
        ' <span class="where">(https://a.example/?b=1&amp;c “Come”)</span></p>\n'
    )


def test_an_address_that_is_its_own_name_is_not_repeated():
    html = markdown.render("<https://a.example>")

    assert html == '<p><a href="#link-dialog" data-address="https://a.example">https://a.example</a></p>\n'


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:1",
        "vbscript:1",
        "data:text/html,1",
        "file:///etc",
        "/admin/",
        "//e.example",
        "#x",
    ],
)
def test_what_leads_to_no_other_site_stays_as_it_was_written(address):
    assert markdown.render(f"[x]({address})") == f"<p>[x]({address})</p>\n"


def test_an_endless_address_is_no_link():
    assert "<a" not in markdown.render(f"[x](https://a.example/{'a' * 2_000})")


def test_a_picture_is_its_description():
    html = markdown.render('![A *grey* <cat>](https://a.example/cat.png "Felix")')

    assert html == '<p><span class="picture">▣ A grey &lt;cat&gt; – Felix</span></p>\n'


def test_definitions_are_shown_rather_than_hidden():
    assert markdown.render("[a][b]\n\n[b]: https://a.example 'hidden'") == (
        "<p>[a][b]</p>\n<p>[b]: https://a.example 'hidden'</p>\n"
    )


# Blocks


def test_code_is_coloured():
    assert '<span class="nb">print</span>' in markdown.render("```Python title\nprint(1)\n```")


def test_code_that_would_take_long_to_colour_is_shown_plain():
    words = "a\n" * 9_000

    assert markdown.render(f"```csharp\n{words}```") == f"<pre><code>{words}</code></pre>\n"


def test_code_of_an_unknown_language_keeps_its_blank_lines():
    assert markdown.render("```zzz\n\n  a\n\n```") == "<pre><code>\n  a\n\n</code></pre>\n"


def test_a_wide_line_of_code_and_every_table_can_be_reached_by_keyboard():
    html = markdown.render(f"```\n{'a' * 41}\n```\n\n|a|\n|-|\n|1|")

    assert html.count('class="wide" tabindex="0"') == 2
    assert html.startswith('<pre class="wide" tabindex="0"><code>aaa')
    assert '<div class="wide" tabindex="0"><table>' in html


@pytest.mark.parametrize(
    ("levels", "shown"),
    [([1, 2, 2, 3], [3, 4, 4, 5]), ([3, 2, 5], [3, 3, 4]), ([1, 2, 3, 4, 5, 6, 1], [3, 4, 5, 6, 6, 6, 3])],
)
def test_headings_stand_below_the_pages_own_and_skip_no_level(levels, shown):
    html = markdown.render("\n".join(f"{'#' * level} a" for level in levels))

    assert [int(level) for level in re.findall(r"<h(\d)>a</h\1>", html)] == shown


# What cannot be seen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟦RLO⟧b"),
        ("a&#8238;b", "a⟦RLO⟧b"),
        ("a\u200bb\ufeff\u00ad", "a⟦ZWSP⟧b⟦BOM⟧⟦SHY⟧"),
        ("\x00\x1b[31m\x7f\x85", "⟦NUL⟧⟦ESC⟧[31m⟦DEL⟧⟦NEL⟧"),
        ("a\u2028b\u2029c", "a⟦LSEP⟧b⟦PSEP⟧c"),
        ("a\U000e0041\U000e0042", "a⟦U+E0041⟧⟦U+E0042⟧"),
        ("x\u200cy\u200dz", "x⟦ZWNJ⟧y⟦ZWJ⟧z"),
        ("a\ufe0f\u3164\ud800", "a⟦U+FE0F⟧⟦U+3164⟧⟦U+D800⟧"),
        ("\u2066a\u2069\u200e\u200f", "⟦LRI⟧a⟦PDI⟧⟦LRM⟧⟦RLM⟧"),
        ("a\r\nb\rc", "a<br>\nb<br>\nc"),
    ],
)
def test_characters_that_cannot_be_seen_are_written_out(text, shown):
    assert markdown.render(text) == f"<p>{shown}</p>\n"


@pytest.mark.parametrize(
    "text",
    ["👨‍👩‍👧", "❤️ 3️⃣", "می‌خواهم", "क्‍ष", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "한국어", "é"],
)
def test_joiners_stay_where_a_script_or_a_picture_needs_them(text):
    assert markdown.visible(text) == text


# Mathematics


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.", "from $5-$10, $1,000 - $2,000 or $3", "R$10 and US$20, A$5, 5$ and 10$", "$5 to 10$",
        "$5짜리와 10$", "echo $HOME/$PATH $FOO_BAR/$", "{$PROJECT} {$ISSUE}", "(foo$|bar$)", "**$5** and **$10**",
        "make $$ fast and $$ easy", "Price: $9.99 | $15.99", "[costs $5](", "$ a $", "$a\nb$", "$MY_VAR_$", "$`a`$",
    ],
)  # fmt: skip
def test_money_and_variables_are_no_mathematics(text):
    html = markdown.render(text)

    assert "<math" not in html
    assert "formula" not in html


def test_a_money_sign_does_not_swallow_the_formula_after_it():
    assert markdown.render("For $5 you get $x^2$.") == (
        '<p>For $5 you get <math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>.</p>\n'
    )


@pytest.mark.parametrize("text", ["$x$", r"\(x\)", "값은 $x$입니다", "$x$, $y$"])
def test_a_formula_in_a_line_is_mathml(text):
    assert '<math display="inline"><mrow><mi>x</mi></mrow></math>' in markdown.render(text)


@pytest.mark.parametrize("text", ["$$x$$", r"\[x\]", "$$\nx\n$$", "a\n\\[\nx\n\\]\nb", "> $$\n> x\n> $$", "- $$x$$"])
def test_a_formula_of_its_own_is_a_block(text):
    assert '<math display="block"><mrow><mi>x</mi></mrow></math>' in markdown.render(text)


def test_lines_of_a_formula_are_no_list_and_no_heading():
    html = markdown.render("$$\n\\begin{aligned}\na &= b \\\\\n- c &= d\n\\end{aligned}\n$$\n\n\\[\nx\n=\ny\n\\]")

    assert {tag for tag, _name, _value in Elements(html).found} == {
        *("div", "math", "mrow", "mtable", "mtr", "mtd", "mi", "mo"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        r"\href{javascript:alert(1)}{x}", r"\url{https://a.example}", r"\def\x{\x\x}\x", r"\newcommand{\x}{y}\x",
        r"\unknown{x}",
        r"\frac{a}", "{" * 900 + "x" + "}" * 900, r"\left( x", "a & b = c", r"\frac{1}{" * 40 + "x" + "}" * 40,
        r"\cancel{x}", r"\phantom{x}", r"\color{white} x", r"\style{position:fixed}{x}", r"\includegraphics{a.png}",
    ],
)  # fmt: skip
def test_what_cannot_be_converted_is_shown_as_it_was_written(source):
    elements = Elements(markdown.render(f"$$ {source} $$"))

    assert (elements.found[-1], elements.words.strip()) == (("code", "class", "formula"), f"$$ {source} $$")


def test_markup_in_a_formula_is_text():
    elements = Elements(markdown.render(r"$\text{<img src=x onerror=alert(1)>} < b$"))

    assert "img" not in {tag for tag, _name, _value in elements.found}
    assert "<img\u00a0src=x\u00a0onerror=alert(1)>" in elements.words


# Colours

STYLES = (Path(settings.BASE_DIR) / "static/css/attune.css").read_text()
LIGHT = dict(re.findall(r"--([\w-]+): (#\w{6});", STYLES.split("@media (prefers-color-scheme: dark)")[0]))
DARK = dict(re.findall(r"--([\w-]+): (#\w{6});", STYLES.split("@media (prefers-color-scheme: dark)")[1]))


def luminance(colour):
    """The relative luminance of WCAG 2.2."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["code", "sheet", "paper"])
def test_every_colour_of_a_text_is_read_easily(colours, ground):
    coloured = [name for name in colours if name.startswith("c-")]
    inks = ["ink", "muted", "accent", "good", "bad", *coloured]
    pairs = {ink: sorted([luminance(colours[ink]) + 0.05, luminance(colours[ground]) + 0.05]) for ink in inks}

    assert {ink: dark / light for ink, (light, dark) in pairs.items() if dark / light < 4.5} == {}


# Long and deep


def work_of(text):
    """Return how many lines of Python it takes to render the text: the same on every machine."""
    lines = 0

    def count(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        markdown.render_passing(text)
    finally:
        sys.settrace(before)
    return lines


DEEP = {
    "quotes": ">", "quoted lines": "> > > a\n", "lists": "- ", "brackets": "[", "pictures": "![", "emphasis": "*a_b ",
    "strong": "**a *b ", "backticks": "`a``b", "autolinks": "<a:", "links": "[a](", "links with titles": '[](\"',
    "entities": "&#x", "tables": "a|b\n-|-\n", "tables cut short": "a|b\n-|-\n# c\n", "lines": "a  \n",
    "definitions": "[a]:", "dollars": "$x", "formulas": "$x$ ", "brackets of formulas": "\\[\n", "parentheses": "\\(",
    "unclosed blocks": "$$a\n", "fractions": "$\\frac{a}{b}$ ", "fences": "```python\na\n```\n", "backslashes": "\\",
    "one word": "a", "newlines": "\n", "strikes": "~~", "quotes that go on": "> a\nb\n",
}  # fmt: skip


@pytest.mark.parametrize("unit", DEEP.values(), ids=DEEP)
def test_twice_the_text_is_little_more_than_twice_the_work(unit):
    markdown.render_passing("$x$ `a`\n```python\n1\n```\n")  # loads what is loaded once
    some, more = (work_of(unit * (size // len(unit))) for size in (1_500, 3_000))

    assert more <= 2.6 * some + 5_000


def test_a_text_of_two_megabytes_costs_no_more_than_a_page():
    assert work_of("a" * 2_000_000) < 10_000
    assert work_of("- > [" * 400_000) < 10_000


def test_a_very_long_text_is_shown_as_it_is():
    html = markdown.render("**a** <b>\n" * 6_000)

    assert html.startswith('<div class="part">**a** &lt;b&gt;\n**a** &lt;b&gt;\n')
    assert Elements(html).words == "**a** <b>\n" * 6_000


def test_a_table_that_would_fill_up_to_many_cells_is_shown_as_it_is():
    text = "|a" * 200 + "|\n" + "|-" * 200 + "|\n" + "a\n" * 200

    assert markdown.render(text).startswith('<div class="part">|a|a|a')
    assert work_of(text) < 30_000


def test_a_long_text_comes_in_parts_that_end_with_a_line():
    word, lines = "a" * 60_000, "some words\n" * 6_000

    for text in (word, lines):
        parts = re.findall('<div class="part">([^<]*)</div>', markdown.plain(text))
        assert "".join(parts) == text
        assert max(map(len, parts)) <= markdown.LENGTH_OF_PART + 1
    assert {part[-1] for part in parts} == {"\n"}
    assert markdown.plain("a <b>\u202e") == "a &lt;b&gt;⟦RLO⟧"


@pytest.mark.parametrize(("depth", "tag"), [(19, "<p><em>"), (21, '<div class="part">')])
def test_emphasis_within_emphasis_without_end_is_shown_as_it_is(depth, tag):
    assert markdown.render("*a " * depth + "x" + " a*" * depth).startswith(tag)


def test_tags_without_end_are_shown_as_they_were_written():
    assert markdown.render("*a* " * 12_000).startswith('<div class="part">*a* *a*')


def test_a_letter_carries_only_so_many_marks():
    assert markdown.visible("e" + "\u0301" * 40_000) == "e" + "\u0301" * 30 + "⟦+39970⟧"
    assert markdown.visible("e" + "\u0301" * 30) == "e" + "\u0301" * 30


def test_many_small_tables_are_tables():
    assert markdown.render("|a|b|\n|-|-|\n|1|2|\n\n" * 50).count("<table>") == 50


# The cache


def test_a_text_is_rendered_once(monkeypatch):
    seen = []
    monkeypatch.setattr(markdown, "_sanitised", lambda text: seen.append(text) or f"<p>{text}</p>")
    cache.clear()

    twice = [markdown.render_many(["a", "b", "a"]) for _time in range(2)]

    assert twice == [["<p>a</p>", "<p>b</p>", "<p>a</p>"]] * 2
    assert seen == ["a", "b"]


def test_another_edition_renders_anew(monkeypatch):
    cache.clear()
    markdown.render("a")
    monkeypatch.setattr(markdown, "EDITION", "another")
    monkeypatch.setattr(markdown, "_sanitised", lambda text: "anew")

    assert markdown.render("a") == "anew"


def test_the_edition_names_the_libraries_that_make_and_clean_the_html():
    assert re.fullmatch(r"\d+(-\d+(\.\d+)+){4}", markdown.EDITION)
