"""Is this file what its name says? Judged by its first 64 KiB, before anything is stored."""

import re

from labeling.prompts.json_rows import parse
from labeling.prompts.refusals import NotReadable, Refused

SNIFFED = 64 * 2**10
BOM = b"\xef\xbb\xbf"
NAMED = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
SIGNATURES = {
    b"\x1f\x8b": "It is compressed with gzip, but its name does not end in .gz.",
    b"PK\x03\x04": "It is a zip archive or an Excel workbook; save it as CSV in UTF-8.",
    b"\xd0\xcf\x11\xe0": "It is an Excel workbook; save it as CSV in UTF-8.",
    b"%PDF": "It is a PDF document.",
    b"PAR1": "It is a Parquet file; save it as JSONL.",
    b"\xff\xfe": "It is in UTF-16; save it in UTF-8.",
    b"\xfe\xff": "It is in UTF-16; save it in UTF-8.",
}


def kind_of(head, filename):
    """Return "jsonl" or "csv" for the first bytes of a file, or raise NotReadable with the reason."""
    named = _named(filename)
    whole = len(head) < SNIFFED
    _refuse_other_kinds(head)
    text = head.removeprefix(BOM)
    if not text.strip():
        raise NotReadable("The file is empty.")
    _refuse_other_encodings(text, whole)
    kind = named or ("jsonl" if text.lstrip()[:1] in {b"{", b"["} else "csv")
    if kind == "jsonl":
        _check_json(text, whole)
    else:
        _check_csv(text)
    return kind


def _named(filename):
    name = filename.lower().removesuffix(".gz")
    return next((kind for ending, kind in NAMED.items() if name.endswith(ending)), None)


def _refuse_other_kinds(head):
    for signature, sentence in SIGNATURES.items():
        if head.startswith(signature):
            raise NotReadable(f"The file cannot be read. {sentence}")
    if re.match(rb"\s*<(!doctype|html|head|body|\?xml)", head.removeprefix(BOM), re.IGNORECASE):
        raise NotReadable("The file cannot be read. It is a web page or XML, not JSONL or CSV.")
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 8 and min(even, odd) < max(even, odd) / 4:
        raise NotReadable("The file cannot be read. It is in UTF-16; save it in UTF-8.")
    if even + odd and ((even + odd) * 10 > len(head) or not _is_utf8(head)):
        raise NotReadable("The file cannot be read. It is a binary file, not JSONL or CSV.")


def _refuse_other_encodings(text, whole):
    """A stray bad line is refused as a row; a file whose lines are mostly no UTF-8 was saved as something else."""
    lines = [line for line in _lines(text, whole) if not line.isascii()]
    bad = [line for line in lines if not _is_utf8(line)]
    if bad and (len(bad) * 2 >= len(lines) and (len(bad) > 1 or len(_lines(text, whole)) < 4)):
        hint = " It may be in CP949 (EUC-KR)." if _is_korean(bad[0]) else ""
        raise NotReadable(f"The file cannot be read. It is not in UTF-8.{hint} Save it in UTF-8.")


def _lines(text, whole):
    """The complete lines; of a first line that is longer than the head, what there is of it."""
    lines = text.splitlines()
    return lines if whole or len(lines) < 2 else lines[:-1]


def _is_utf8(line):
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # cut by the end of the head
    return True


def _is_korean(line):
    try:
        return bool(re.search("[가-힣]", line.decode("cp949")))
    except UnicodeDecodeError:
        return False


def _check_json(text, whole):
    if text.lstrip().startswith(b"["):
        raise NotReadable("The file is one JSON list. JSONL has one JSON object on each line.")
    lines = [line for line in text.split(b"\n") if line.strip()]
    if not whole:
        lines = lines[:-1] or [b"{}" if text.lstrip().startswith(b"{") else text]
    reasons = []
    for line in lines:
        try:
            parse(line)
        except Refused as refusal:
            reasons.append(str(refusal))
        else:
            return
    raise NotReadable(f"The file is not JSONL: no line at its beginning is a JSON object. {reasons[0]}")


def _check_csv(text):
    first = text.lstrip().split(b"\n", 1)[0]
    if first.startswith((b'{"', b"[{", b"{'")):
        raise NotReadable("The file is named CSV, but holds JSON; name it .jsonl.")
    if b"\r" in first.rstrip(b"\r"):
        raise NotReadable("The lines of the file end in a carriage return alone; save it with line feeds.")
