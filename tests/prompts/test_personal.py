"""What is taken for personal, and what is not: every pattern with what it must find and what it must leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.prompts.hygiene.contacts import emails, phones
from labeling.prompts.hygiene.machines import ips, paths, secrets
from labeling.prompts.hygiene.numbers import cards, ibans, residents
from labeling.prompts.hygiene.parts import parts, replaced
from labeling.prompts.hygiene.personal import personal

# Put together here, so that nobody who looks for keys in files takes these for some.
TOKEN = "a1B2c3D4e5F6g7H8i9J0"
JWT = ".".join(["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"])
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{TOKEN}\n-----END RSA PRIVATE KEY-----"

FOUND = [
    (emails, "write to ann.lee+news@mail.attune.example.", "ann.lee+news@mail.attune.example"),
    (emails, "<bob@attune.kr>", "bob@attune.kr"),
    (emails, "메일은 김철수@회사.한국 입니다", "김철수@회사.한국"),
    (emails, "ann@attune.kr로 보내 줘", "ann@attune.kr"),
    (phones, "+82 10-1234-5678로 전화", "+82 10-1234-5678"),
    (phones, "call +44 (0)20 7946 0958 now", "+44 (0)20 7946 0958"),
    (phones, "+14155552671", "+14155552671"),
    (phones, "010-1234-5678", "010-1234-5678"),
    (phones, "내 번호는 01012345678이야", "01012345678"),
    (phones, "02)123-4567", "02)123-4567"),
    (phones, "051 123 4567", "051 123 4567"),
    (phones, "070-1234-5678", "070-1234-5678"),
    (phones, "(650) 636-4884", "(650) 636-4884"),
    (phones, "1-650-636-4884", "1-650-636-4884"),
    (cards, "pay with 4111 1111 1111 1111 please", "4111 1111 1111 1111"),
    (cards, "5555-5555-5555-4444", "5555-5555-5555-4444"),
    (cards, "378282246310005", "378282246310005"),
    (cards, "3782 822463 10005", "3782 822463 10005"),
    (cards, "6011000990139424", "6011000990139424"),
    (ibans, "IBAN DE89 3704 0044 0532 0130 00 AND SO ON", "DE89 3704 0044 0532 0130 00"),
    (ibans, "GB29NWBK60161331926819", "GB29NWBK60161331926819"),
    (ibans, "NO93 8601 1117 947", "NO93 8601 1117 947"),
    (ips, "from 8.8.8.8.", "8.8.8.8"),
    (ips, "host 192.168.0.17:8080", "192.168.0.17"),
    (ips, "2001:db8::ff00:42:8329 answered", "2001:db8::ff00:42:8329"),
    (ips, "fe80::1", "fe80::1"),
    (residents, "주민번호 900101-1234568", "900101-1234568"),
    (residents, "번호는 900101-1234568입니다", "900101-1234568"),
    (residents, "9001011234568", "9001011234568"),
    (residents, "201105-3000001", "201105-3000001"),
    (paths, "open /home/ann/notes.txt", "ann"),
    (paths, "cd /Users/bob.lee/src", "bob.lee"),
    (paths, r"C:\Users\Ann\Desktop", "Ann"),
    (paths, r'"C:\\Users\\Ann\\Desktop"', "Ann"),
    (paths, "/mnt/c/Users/charlie/x", "charlie"),
    (secrets, f"key = sk-{TOKEN}", f"sk-{TOKEN}"),
    (secrets, f"sk-ant-api03-{TOKEN}", f"sk-ant-api03-{TOKEN}"),
    (secrets, "AKIA" + "IOSFODNN7EXAMPLE", "AKIA" + "IOSFODNN7EXAMPLE"),
    (secrets, "ghp_" + TOKEN * 2, "ghp_" + TOKEN * 2),
    (secrets, "github_pat_" + TOKEN * 2, "github_pat_" + TOKEN * 2),
    (secrets, "glpat-" + TOKEN, "glpat-" + TOKEN),
    (secrets, "hf_" + TOKEN * 2, "hf_" + TOKEN * 2),
    (secrets, "AIza" + TOKEN + TOKEN[:15], "AIza" + TOKEN + TOKEN[:15]),
    (secrets, "xoxb-" + TOKEN, "xoxb-" + TOKEN),
    (secrets, "sk_live_" + TOKEN, "sk_live_" + TOKEN),
    (secrets, f"SG.{TOKEN}.{TOKEN}", f"SG.{TOKEN}.{TOKEN}"),
    (secrets, f"Authorization: Bearer {JWT}", JWT),
    (secrets, f"my key:\n{KEY}\nthanks", KEY),
    (secrets, f"cut off: {KEY[:50]}", KEY[:50]),
]
LEFT_ALONE = [
    (emails, "a @ b, user@localhost, @ann, x@y"),
    (emails, "git@"),
    (phones, "in 2024-2025 there were 1,234,567 people"),
    (phones, "3.14159265358979 and 1234567890"),
    (phones, "ISBN 978-3-16-148410-0"),
    (phones, "2026-11-23 12:30:45"),
    (phones, "1 + 1234567 = 1234568"),
    (cards, "4111 1111 1111 1112"),
    (cards, "0000 0000 0000 0000 and 4444444444444444444444"),
    (cards, "1234567812345678"),
    (cards, "x4111111111111111"),
    (ibans, "DE89 3704 0044 0532 0130 01"),
    (ibans, "XX89 3704 0044 0532 0130 00"),
    (ibans, "DE89 3704 0044"),
    (ips, "version 1.2.3, 1.2.3.4.5 and 999.1.1.1"),
    (ips, "127.0.0.1 and 0.0.0.0 and 255.255.255.0 and ::1"),
    (ips, "at 12:30:45 a::b and std::vector"),
    (residents, "900101-1234567"),
    (residents, "901301-1234568"),
    (residents, "201105-9000001"),
    (paths, "/home/user/x, /Users/Shared and https://attune.example/home/news"),
    (paths, r"C:\Users\Public\x and /usr/home"),
    (secrets, "a task-management-system-for-something"),
    (secrets, "sk-learn-based-classification-pipeline"),
    (secrets, "-----BEGIN PUBLIC KEY-----"),
    (secrets, "ghp_short and eyJ.eyJ.x"),
]


@pytest.mark.parametrize(("pattern", "text", "found"), FOUND, ids=lambda value: getattr(value, "__name__", None))
def test_it_is_found_and_nothing_else(pattern, text, found):
    assert [text[start:end] for start, end in pattern(text)] == [found]


@pytest.mark.parametrize(("pattern", "text"), LEFT_ALONE, ids=lambda value: getattr(value, "__name__", None))
def test_it_is_left_alone(pattern, text):
    assert [text[start:end] for start, end in pattern(text)] == []


@pytest.mark.parametrize(("pattern", "text", "found"), FOUND, ids=lambda value: getattr(value, "__name__", None))
def test_what_one_pattern_finds_all_of_them_find(pattern, text, found):
    assert [text[start:end] for _kind, start, end in personal(text)] == [found]


def test_of_what_overlaps_the_longer_is_kept_and_all_stand_in_order():
    text = "ann@attune.kr, ::ffff:10.1.2.3, 010-1234-5678"
    assert [(kind, text[start:end]) for kind, start, end in personal(text)] == [
        ("email", "ann@attune.kr"),
        ("ip", "::ffff:10.1.2.3"),
        ("phone", "010-1234-5678"),
    ]


@given(st.text(alphabet="0123456789 .-@+()/:aA~é가\n\\", max_size=300))
def test_whatever_is_written_spans_lie_in_it_and_never_overlap(text):
    last = 0
    for _kind, start, end in personal(text):
        assert last <= start < end <= len(text)
        last = end


EVIL = ["+1 ", "a@", "1234-", "eyJ", ":", "1.1.", "/home/", "sk-", "AB12 ", "4111 ", "0", "SG.", "a.b@", "가@"]


@pytest.mark.parametrize("evil", [*EVIL, "-----BEGIN PRIVATE KEY-----"])
def test_no_text_takes_a_pattern_more_than_its_length(evil):
    """Twice as long a text, about twice as much work: what backtracks would not come to an end at all."""
    personal(evil * (400_000 // len(evil)))


def test_the_examples_of_an_instruction_are_parts_of_the_prompt():
    messages = [{"role": "user", "content": "Name the mood."}]
    meta = {"examples": [{"query": "Wow", "response": "good", "n": 1}], "topic": "moods"}
    assert parts(messages, meta) == ["Name the mood.", "Wow", "good", "1", "moods"]
    assert replaced(messages, meta, ["one", "two", "three", "1", "four"]) == (
        [{"role": "user", "content": "one"}],
        {"examples": [{"query": "two", "response": "three", "n": 1}], "topic": "four"},
    )
    assert parts(messages, {"examples": "of something else"}) == ["Name the mood.", "of something else"]
