"""What is known against the pinned packages, asked of OSV (https://osv.dev)."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from local.audit.findings import Look
from local.audit.locks import Pin

SOURCE = "https://api.osv.dev/v1/querybatch"
_AT_ONCE = 500
_SECONDS = 30


def look_at_advisories(pins: Sequence[Pin], source: str = SOURCE) -> Look:
    """Counts the packages that the source has answered for."""
    findings: list[str] = []
    answered = 0
    for first in range(0, len(pins), _AT_ONCE):
        asked = pins[first : first + _AT_ONCE]
        try:
            results = _ask(asked, source)
        except (OSError, ValueError) as error:
            findings.append(f"{len(pins) - answered} packages not audited: {_words(error)}")
            break
        answered += len(results)
        findings += [
            f"{pin.name} {pin.version}: {known['id']}"
            for pin, result in zip(asked, results, strict=True)
            for known in result.get("vulns", ())
        ]
    return Look("packages asked about", answered, findings)


def _ask(pins: Sequence[Pin], source: str) -> list[dict[str, Any]]:
    """One result for each pin. Raises OSError and ValueError."""
    queries = [
        {"package": {"name": pin.name, "ecosystem": "PyPI"}, "version": pin.version} for pin in pins
    ]
    request = urllib.request.Request(  # noqa: S310  # the address is this module's
        source,
        json.dumps({"queries": queries}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        results = json.load(answer).get("results")
    if not isinstance(results, list) or len(results) != len(pins):
        raise ValueError("the source did not answer for each of them")
    return results


def _words(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(error).__name__
