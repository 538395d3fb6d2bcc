"""How soon a password would be guessed, by zxcvbn and the lists it brings along."""

from collections.abc import Sequence

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

_COMMON = FREQUENCY_LISTS["passwords"]
# It tries every reading of replaced letters: 72 characters of them take seconds, 30 half of one.
_LONGEST = 30


class ZxcvbnStrength:
    def is_common(self, password: str) -> bool:
        return password.casefold() in _COMMON

    def score(self, password: str, words: Sequence[str]) -> int:
        return int(zxcvbn(password[:_LONGEST], user_inputs=list(words))["score"])
