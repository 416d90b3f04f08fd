"""Where does a text name somebody's machine, account or key? IP addresses, names in paths, secrets."""

import ipaddress
import re

IPV4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)", re.ASCII)
# Groups of hexadecimal digits and colons with at least two colons; what is one, ipaddress says.
IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f:]{0,39}:[0-9A-Fa-f:]{0,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|\.\d)", re.ASCII
)
HOME = re.compile(
    r"(?:(?<![\w.])(?:/mnt/[a-z])?/(?:home|Users|export/home)/"
    r"|\b[A-Za-z]:[\\/]{1,2}(?:Users|Documents and Settings)[\\/]{1,2})"
    r"([^\s/\\:*?\"'<>|`)\]},;]{1,64})"
)
# Accounts that every such machine has.
NOBODY = {
    "public", "shared", "default", "default user", "all", "user", "username", "user_name", "yourname", "your_name",
    "you", "me", "name", "root", "admin", "administrator", "ubuntu", "runner", "vagrant", "guest", "<user>", "$user",
    "%username%", "$env", "...",
}  # fmt: skip
# What the issuers say that their keys look like, by what is in every one of them.
KNOWN = {
    mark: re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern})(?![A-Za-z0-9_])")
    for mark, pattern in {
        "sk-": r"sk-(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_-]{20,200}",  # OpenAI, Anthropic, OpenRouter
        "AKIA": r"AKIA[A-Z2-7]{16}",  # Amazon, and for a while:
        "ASIA": r"ASIA[A-Z2-7]{16}",
        "gh": r"gh[pousr]_[A-Za-z0-9]{36,255}",  # GitHub, and of one repository:
        "github_pat_": r"github_pat_[A-Za-z0-9_]{22,255}",
        "glpat-": r"glpat-[A-Za-z0-9_-]{20,255}",  # GitLab
        "hf_": r"hf_[A-Za-z0-9]{30,255}",  # Hugging Face
        "AIza": r"AIza[A-Za-z0-9_-]{35}",  # Google
        "xox": r"xox[abeoprs]-[A-Za-z0-9-]{10,255}",  # Slack
        "k_live_": r"[srp]k_live_[A-Za-z0-9]{16,255}",  # Stripe
        "SG.": r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}",  # SendGrid
        "npm_": r"npm_[A-Za-z0-9]{36}",
        "pypi-": r"pypi-[A-Za-z0-9_-]{50,255}",
        # A JSON Web Token (RFC 7519): two objects and a signature, in Base64.
        "eyJ": r"eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,4096}",
    }.items()
}
KEY_BEGINS = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
KEY_ENDS = re.compile(r"-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")


def ips(text):
    found = [match.span() for match in IPV4.finditer(text)] if text.count(".") >= 3 else []
    found += [match.span() for match in IPV6.finditer(text)] if text.count(":") >= 2 else []
    return [(start, end) for start, end in found if _is_address(text[start:end])]


def paths(text):
    """The names of people's home folders."""
    if "home/" not in text and "Users" not in text and "Settings" not in text:
        return []
    found = [match.span(1) for match in HOME.finditer(text)]
    return [(start, end) for start, end in found if text[start:end].lower() not in NOBODY]


def secrets(text):
    known = [pattern for mark, pattern in KNOWN.items() if mark in text]
    return [match.span() for pattern in known for match in pattern.finditer(text)] + _private_keys(text)


def _is_address(text):
    """One that stands for a machine: not this very one, not everybody, not a mask, not `a::b` of a program."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    is_code = ":" in text and not any(one.isdigit() for one in text)
    nowhere = address.is_loopback or address.is_unspecified or address.is_multicast
    return not (nowhere or is_code or text.startswith(("0.", "255.")))


def _private_keys(text):
    """From the first line to the last, or to the end of the text where that is cut off."""
    if "PRIVATE KEY" not in text:
        return []
    found = []
    for begins in KEY_BEGINS.finditer(text):
        ends = KEY_ENDS.search(text, begins.end())
        found.append((begins.start(), ends.end() if ends else len(text)))
    return found
