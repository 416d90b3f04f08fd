"""In which language is a prompt? A guess, or none where the text is too short or too mixed to say."""

import re

try:
    import pycld2
except ImportError:  # there is none for Linux on ARM: the script alone is asked
    pycld2 = None

# So much of a text is looked at.
ENOUGH = 1_000
# What ISO 639 has since given other codes.
RENAMED = {"iw": "he", "jw": "jv"}
# Scripts that one language is written in, of those that prompts come in; kana before Han, which Japanese has too.
SCRIPTS = {
    "ko": re.compile("[\uac00-\ud7a3]"),
    "ja": re.compile("[\u3041-\u30ff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "th": re.compile("[\u0e01-\u0e5b]"),
}
LETTER = re.compile(r"[^\W\d_]")
MOST = 0.4  # of the letters: code and names in Latin letters stand among them


def guess(messages):
    """Return the code of the language the users write, or "".

    >>> guess([{"role": "user", "content": "강 이름을 셋만 말해 줘"}]), guess([{"role": "user", "content": "2 + 2"}])
    ('ko', '')
    """
    text = "\n".join(message["content"][:ENOUGH] for message in messages if message["role"] == "user")[-ENOUGH:]
    return _by_model(text) or ("" if text.isascii() else _by_script(text))


def _by_model(text):
    if pycld2 is None:
        return ""
    try:
        is_reliable, _size, details = pycld2.detect(text, isPlainText=True, bestEffort=True)
    except pycld2.error:  # control characters
        return ""
    code = details[0][1]
    return RENAMED.get(code, code) if is_reliable and not code.startswith(("un", "xx")) else ""


def _by_script(text):
    letters = len(LETTER.findall(text))
    for code, script in SCRIPTS.items():
        if letters and len(script.findall(text)) >= MOST * letters:
            return code
    return ""
