"""What the commands say: everything in both languages."""

import string

import pytest

from stagedoor.cli.remote.words import WORDS


def places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("key", WORDS)
def test_a_text_says_the_same_things_in_both_languages(key: str) -> None:
    english, chinese = WORDS[key]
    assert places(english) == places(chinese)
    assert english.isascii()
    assert not chinese.isascii()
