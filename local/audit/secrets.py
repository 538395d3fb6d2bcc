"""Looks for secrets in the files of the project: by their forms, and by how they are named."""

import math
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.audit.findings import Look

_URL, _RANDOM = "password in a URL", "random text with a secret's name"
_FORMS: Mapping[str, re.Pattern[str]] = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/]{20}"),
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "key of ours": re.compile(r"\bhk_[A-Za-z0-9_-]{43}\b"),
    "signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    _URL: re.compile(r"\b[a-z+]{3,12}://[^\s:/@{}\"']+:([^\s:/@{}$<>\"']{6,})@"),
}
_NAMED = re.compile(
    r"(?i)(?:password|passwd|secret|token|api_?key|private_?key)\w*[\"']?\s*[:=]\s*"
    r"[\"']([A-Za-z0-9+/_=-]{20,})[\"']"
)
# Of random base64 text of 20 letters hardly any has less; words and names have.
_RANDOM_BITS = 3.9
_HEXADECIMAL = re.compile(r"[0-9a-f]{32,}")
_LARGEST = 1_000_000

# What looks like a secret and is none: file and form, and why.
ALLOWED: Mapping[tuple[str, str], str] = {
    ("local/services/postgres.py", _URL): "says how such a URL is written",
    ("tests/e2e/test_lifecycle.py", _URL): "nobody listens there",
    ("tests/functional/test_logs.py", _RANDOM): "what the log lines must not show",
    ("tests/functional/test_logs.py", _URL): "what the log lines must not show",
    ("tests/services/test_postgres_refusals.py", _URL): "nobody listens there",
    ("tests/stream/test_settings.py", _URL): "nobody listens there",
}


def look_for_secrets(root: Path) -> Look:
    """In all files that git knows or would take."""
    looked_at, findings = 0, []
    for path in _files(root):
        text = _text(root / path)
        if text is None:
            continue
        looked_at += 1
        findings += [
            f"{path}:{line}: {form}"
            for line, form in secrets_in(text)
            if (path, form) not in ALLOWED
        ]
    return Look("files", looked_at, findings)


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Line and form of each; never the secret itself, for reports are read by many."""
    for form, pattern in _FORMS.items():
        for found in pattern.finditer(text):
            yield text.count("\n", 0, found.start()) + 1, form
    for found in _NAMED.finditer(text):
        if _is_random(found[1]):
            yield text.count("\n", 0, found.start()) + 1, _RANDOM


def _is_random(text: str) -> bool:
    """Base64 text by the entropy of its letters, a hash or key in hexadecimal by its length."""
    if _HEXADECIMAL.fullmatch(text):
        return True
    mixed = all(any(map(test, text)) for test in (str.islower, str.isupper, str.isdigit))
    shares = [count / len(text) for count in Counter(text).values()]
    return mixed and -sum(share * math.log2(share) for share in shares) > _RANDOM_BITS


def _files(root: Path) -> list[str]:
    words = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    done = subprocess.run(words, cwd=root, capture_output=True, check=False)
    return sorted(filter(None, done.stdout.decode().split("\0")))


def _text(path: Path) -> str | None:
    """None for what is no text, too large to have been written by hand, or gone."""
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
