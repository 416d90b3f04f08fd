"""Which characters would change how a text reads without being seen, and what is shown in their place?

Bidirectional controls reorder a line, zero-width characters hide in words, control characters do what the terminal of
1963 did. A labeler judges what stands there, so each is written out, as in ⟦RLO⟧ or ⟦U+00AD⟧. Joiners stay where a
script or an emoji needs them: Persian and Hindi are misspelt without, and a family falls apart into its members.
"""

import re

# The abbreviations of Unicode's own charts (UAX #9 for the directions).
NAMES = {
    0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0B: "VT", 0x0C: "FF", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL", 0x85: "NEL",
    0x061C: "ALM", 0x200E: "LRM", 0x200F: "RLM",
    0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO",
    0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
    0x00AD: "SHY", 0x034F: "CGJ", 0x180E: "MVS", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ",
    0x2028: "LSEP", 0x2029: "PSEP", 0x2060: "WJ", 0xFEFF: "BOM",
}  # fmt: skip

# Controls but tab and newline, invisible operators and fillers, noncharacters' neighbours, tags, lone surrogates.
_ALWAYS = (
    "\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\ud800-\udfff"
)
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
MOST_MARKS = 30  # on one letter; no language needs more than a few, and forty thousand hold a browser up
_JOINING_SCRIPTS = "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefe"
_PICTURES = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"

# One glance tells that nearly every text has none of them: the exact question costs ten times as much.
_SUSPECT = re.compile(f"[{_ALWAYS}\u200c\u200d\ufe0e\ufe0f\U000e0000-\U000e0fff]|[{_MARKS}]{{{MOST_MARKS + 1}}}")
UNSEEN = re.compile(
    f"[{_ALWAYS}]"
    f"|(?<![{_JOINING_SCRIPTS}])\u200c"
    f"|(?<![{_JOINING_SCRIPTS}{_PICTURES}\ufe0f])\u200d"
    f"|(?<![{_PICTURES}#*0-9])[\ufe0e\ufe0f]"
    "|[\U000e0000-\U000e0fff]+"
    f"|(?<=[{_MARKS}]{{{MOST_MARKS}}})[{_MARKS}]+"
)
_MARK = re.compile(f"[{_MARKS}]")
# England, Scotland and Wales have flags that are spelt in tag letters after a black flag.
_FLAG = re.compile("[\U000e0061-\U000e007a]{3,6}\U000e007f")
_NEWLINES = re.compile("\r\n|\r(?!\n)")


def visible(text):
    """Return the text with what cannot be seen written out. Every line ends in a newline, as HTML would have it."""
    if "\r" in text:
        text = _NEWLINES.sub("\n", text)
    return UNSEEN.sub(_written_out, text) if _SUSPECT.search(text) else text


def _written_out(found):
    before = found.string[found.start() - 1 : found.start()]
    if before == "\U0001f3f4" and _FLAG.fullmatch(found[0]):
        return found[0]
    if _MARK.match(found[0]):
        return f"⟦+{len(found[0])}⟧"
    return "".join(f"⟦{NAMES.get(ord(letter), f'U+{ord(letter):04X}')}⟧" for letter in found[0])
