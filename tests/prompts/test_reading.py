"""What comes out of a file, and which files are refused whole."""

import codecs
import gzip
import io
import tracemalloc

import pytest

from labeling.prompts.reading import Reader, read
from labeling.prompts.refusals import NotReadable


def rows(content, filename="prompts.jsonl", **options):
    return list(read(io.BytesIO(content), filename, **options))


def said(content, filename="prompts.jsonl", **options):
    """(line, values or the refusal) of every row."""
    return [(row.line, row.values or row.refusal) for row in rows(content, filename, **options)]


def why(content, filename="prompts.jsonl"):
    with pytest.raises(NotReadable) as refusal:
        rows(content, filename)
    return str(refusal.value)


def test_each_line_of_jsonl_is_a_row():
    assert said(b'{"prompt": "One"}\n\n{"prompt": "Two"}') == [(1, {"prompt": "One"}), (3, {"prompt": "Two"})]


def test_csv_is_read_by_its_header():
    content = 'id,prompt\r\n1,"Name a river, please"\r\n2,강 이름을 말해 줘\r\n'.encode()
    assert said(content, "prompts.csv") == [
        (2, {"id": "1", "prompt": "Name a river, please"}),
        (3, {"id": "2", "prompt": "강 이름을 말해 줘"}),
    ]


def test_a_quoted_cell_may_hold_line_breaks_and_the_next_row_knows_its_line():
    content = b'id,prompt\n1,"Two\nlines ""quoted"""\n2,One\n'
    assert said(content, "a.csv") == [
        (2, {"id": "1", "prompt": 'Two\nlines "quoted"'}),
        (4, {"id": "2", "prompt": "One"}),
    ]


@pytest.mark.parametrize("filename", ["a.jsonl", "a.jsonl.gz", "a.ndjson", "A.JSONL"])
def test_a_byte_order_mark_and_gzip_are_tolerated(filename):
    content = codecs.BOM_UTF8 + '{"prompt": "안녕"}\n'.encode()
    packed = gzip.compress(content) if filename.endswith(".gz") else content
    assert said(packed, filename) == [(1, {"prompt": "안녕"})]


def test_csv_may_begin_with_a_byte_order_mark_and_be_gzipped():
    content = gzip.compress(codecs.BOM_UTF8 + "prompt,id\n안녕,1\n".encode())
    assert said(content, "a.csv.gz") == [(2, {"prompt": "안녕", "id": "1"})]


def test_a_name_that_says_nothing_leaves_it_to_the_content():
    assert Reader(io.BytesIO(b'{"prompt": "One"}'), "upload").kind == "jsonl"
    assert Reader(io.BytesIO(b"prompt,id\nOne,1"), "upload").kind == "csv"


def test_broken_json_on_line_7_refuses_line_7_with_the_position():
    lines = [b'{"prompt": "Fine"}'] * 6 + [b'{"prompt": "Bro'] + [b'{"prompt": "Fine"}'] * 3
    found = said(b"\n".join(lines))
    assert [line for line, _ in found] == list(range(1, 11))
    assert found[6] == (7, "The line is not valid JSON: unexpected end of data at character 16.")
    assert all(values == {"prompt": "Fine"} for line, values in found if line != 7)


def test_a_line_that_is_no_object_is_refused():
    found = said(b'{"prompt": "Fine"}\n"Only a text"\n[1]\n')
    assert found[1:] == [(2, "The line is not a JSON object."), (3, "The line is not a JSON object.")]


def test_a_stray_line_that_is_not_utf_8_is_refused_alone():
    lines = ['{"prompt": "좋은 줄"}'.encode()] * 5 + ['{"prompt": "caf\xe9"}'.encode("latin-1")]
    assert said(b"\n".join(lines))[5] == (6, "The line is not in UTF-8.")


def test_a_line_that_is_not_utf_8_behind_the_first_64_kib_is_refused_alone():
    good = b'{"prompt": "' + b"x" * 1000 + b'"}\n'
    bad = '{"prompt": "한글"}\n'.encode("cp949")
    found = said(good * 100 + bad + bad + good)
    assert [line for line, values in found if isinstance(values, str)] == [101, 102]


def test_a_csv_row_that_is_not_utf_8_is_refused_alone():
    content = "id,prompt\n1,좋은 줄\n2,좋은 줄\n".encode() + "3,한글\n".encode("cp949") + b"4,fine\n"
    assert said(content, "a.csv")[2:] == [(4, "The row is not in UTF-8."), (5, {"id": "4", "prompt": "fine"})]


def test_the_character_that_postgresql_cannot_keep_is_refused():
    sentence = "The text holds the character U+0000, which cannot be stored."
    assert said(b'{"prompt": "a\\u0000b"}\n{"prompt": "a\\\\u0000b"}') == [
        (1, sentence),
        (2, {"prompt": "a\\u0000b"}),
    ]
    assert said(b"id,prompt\n1,fine\n2,a\0b\n3,fine\n", "a.csv")[1] == (3, sentence)


def test_half_a_character_is_refused():
    found = said(b'{"prompt": "a\\ud800"}\n{"prompt": "\\ud83d\\ude00"}')
    assert found == [
        (1, "The text holds half a character (a lone surrogate), at character 14."),
        (2, {"prompt": "😀"}),
    ]


def test_a_row_nested_too_deep_is_refused():
    found = said(b'{"prompt": "Fine"}\n{"prompt": "x", "meta": ' + b"[" * 200 + b"]" * 200 + b"}")
    assert found[1] == (2, "The row is nested more than 100 deep.")


def test_a_csv_row_with_too_few_or_too_many_cells_is_refused():
    found = said(b"id,prompt\n1\n2,two\n3,three,more\n", "a.csv")
    assert found == [
        (2, "The row has 1 cells, but the header names 2 columns."),
        (3, {"id": "2", "prompt": "two"}),
        (4, "The row has 3 cells, but the header names 2 columns."),
    ]


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_the_file():
    content = b'id,prompt\n1,"never closed\n' + b"2,some more text\n" * 50 + b"3,last\n"
    found = said(content, "a.csv", limit=400)
    assert found[0] == (
        2,
        "The row is longer than 400 bytes, up to line 25: a quotation mark may not be closed.",
    )
    assert found[-1] == (53, {"id": "3", "prompt": "last"})


@pytest.mark.parametrize("filename", ["big.jsonl", "big.jsonl.gz", "big.csv"])
def test_a_line_of_50_mb_is_refused_without_being_held_and_reading_goes_on(tmp_path, filename):
    small, begin, end = (
        (b"prompt\nsmall\n", b"", b"\n") if "csv" in filename else (b'{"prompt": "small"}\n', b'{"prompt": "', b'"}\n')
    )
    path = tmp_path / filename
    with (gzip.open if filename.endswith(".gz") else open)(path, "wb") as file:
        file.write(small + begin)
        for _ in range(50):
            file.write(b"x" * 2**20)
        file.write(end + (b'{"prompt": "after"}\n' if begin else b"after\n"))
    tracemalloc.start()
    with path.open("rb") as file:
        found = [row.values or row.refusal for row in read(file, filename)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [{"prompt": "small"}, "The row is longer than 10,485,760 bytes.", {"prompt": "after"}]
    assert peak < 40 * 2**20


def test_memory_stays_flat_over_many_rows(tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_bytes(b'{"prompt": "' + b"x" * 300 + b'"}\n' * 1 + (b'{"prompt": "' + b"x" * 300 + b'"}\n') * 100_000)
    tracemalloc.start()
    with path.open("rb") as file:
        assert sum(1 for _ in read(file, "many.jsonl")) == 100_001
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20


@pytest.mark.parametrize("filename", ["a.jsonl", "a.csv"])
def test_reading_goes_on_behind_a_line(filename):
    content = b'id,prompt\n1,"a\nb"\n2,c\n' if "csv" in filename else b'{"id": 1}\n{"id": 2}\n{"id": 3}\n{"id": 4}\n'
    assert [row.line for row in rows(content, filename, after=3)] == [4]


def test_the_position_never_passes_the_size_of_the_file():
    content = gzip.compress(b'{"prompt": "One"}\n' * 1000)
    assert rows(content, "a.jsonl.gz")[-1].position <= len(content)
    plain = b'{"prompt": "One"}\n' * 3
    assert [row.position for row in rows(plain)] == [18, 36, 54]


def test_a_gzip_file_that_breaks_off_says_so():
    import random

    noise = random.Random(1)
    lines = b"".join(b'{"prompt": "%d"}\n' % noise.getrandbits(200) for _ in range(20_000))
    packed = gzip.compress(lines)
    assert why(packed[: len(packed) // 2], "a.jsonl.gz") == (
        "The file breaks off: it is damaged, or not all of it was sent."
    )
    assert why(packed[:50], "a.jsonl.gz") == "The file breaks off: it is damaged, or not all of it was sent."


KOREAN = '{"prompt": "강 이름을 말해 줘"}\n' * 3


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (b"", "a.jsonl", "The file is empty."),
        (b"\xef\xbb\xbf \n\n", "a.csv", "The file is empty."),
        (gzip.compress(b"", mtime=0), "a.jsonl.gz", "The file is empty."),
        (b'{"prompt": "x"}', "a.jsonl.gz", "The name ends in .gz, but the file is not gzip."),
        (
            gzip.compress(b'{"prompt": "x"}', mtime=0),
            "a.jsonl",
            "The file cannot be read. It is compressed with gzip, but its name does not end in .gz.",
        ),
        (
            bytes(range(256)) * 10,
            "a.jsonl",
            "The file cannot be read. It is a binary file, not JSONL or CSV.",
        ),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "a.csv",
            "The file cannot be read. It is a binary file, not JSONL or CSV.",
        ),
        (
            b"PK\x03\x04rest",
            "a.csv",
            "The file cannot be read. It is a zip archive or an Excel workbook; save it as CSV in UTF-8.",
        ),
        (
            KOREAN.encode("cp949"),
            "a.jsonl",
            "The file cannot be read. It is not in UTF-8. It may be in CP949 (EUC-KR). Save it in UTF-8.",
        ),
        (
            "id,prompt\n1,강 이름\n".encode("cp949"),
            "a.csv",
            "The file cannot be read. It is not in UTF-8. It may be in CP949 (EUC-KR). Save it in UTF-8.",
        ),
        (KOREAN.encode("utf-16"), "a.jsonl", "The file cannot be read. It is in UTF-16; save it in UTF-8."),
        (KOREAN.encode("utf-16-le"), "a.jsonl", "The file cannot be read. It is in UTF-16; save it in UTF-8."),
        (
            b"\n<!DOCTYPE html><html><body>Sign in</body></html>",
            "a.csv",
            "The file cannot be read. It is a web page or XML, not JSONL or CSV.",
        ),
        (
            b'[\n{"prompt": "x"}\n]',
            "a.jsonl",
            "The file is one JSON list. JSONL has one JSON object on each line.",
        ),
        (
            b'{\n  "prompt": "x"\n}\n',
            "a.jsonl",
            "The file is not JSONL: no line at its beginning is a JSON object. "
            "The line is not valid JSON: unexpected end of data at character 2.",
        ),
        (
            b"id,prompt\n1,x\n",
            "a.jsonl",
            "The file is not JSONL: no line at its beginning is a JSON object. "
            "The line is not valid JSON: unexpected character, expected a JSON value at character 1.",
        ),
        (b'{"prompt": "x"}\n', "a.csv", "The file is named CSV, but holds JSON; name it .jsonl."),
        (b"id,prompt,id\n1,x,2\n", "a.csv", "Two columns of the CSV file have the same name: id."),
        (
            b"id,prompt\r1,x\r",
            "a.csv",
            "The lines of the file end in a carriage return alone; save it with line feeds.",
        ),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_in_one_sentence(content, filename, sentence):
    assert why(content, filename) == sentence
