"""What an actor is asked to agree to: the exact text, line by line, and its hash."""

import hashlib
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from stagedoor.channels.store import Channel
from stagedoor.contract.fields import Language
from stagedoor.invitations.consent_texts import VERSION, WORDS, Words
from stagedoor.invitations.store import Details
from stagedoor.invitations.words import fill

FACE = "face_check"
"""The decision that every consent has."""


class Line(msgspec.Struct, frozen=True):
    """A paragraph, a row of a list, or a box to tick."""

    kind: Literal["text", "item", "box"]
    text: str
    purpose: str = ""
    """What ticking the box decides."""


class Terms(msgspec.Struct, frozen=True):
    """What is shown and what is agreed to: the same lines, in the same order."""

    language: Language
    lines: Sequence[Line]
    provider: str
    region: str
    version: str = VERSION

    @property
    def boxes(self) -> list[Line]:
        return [line for line in self.lines if line.kind == "box"]

    @property
    def text(self) -> str:
        marks = {"text": "", "item": "- ", "box": "[x] "}
        return "\n".join(marks[line.kind] + line.text for line in self.lines)

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.text.encode()).digest()


def write_terms(who: str, details: Details, channel: Channel, language: Language) -> Terms:
    """Return what the actor is asked to agree to.

    Args:
        who: the tenant's name.
        details: of the invitation.
        channel: the upstream account that will do the check.
        language: the language to say it in.

    """
    words = WORDS[language]
    provider, region = _provider(words, channel), channel.region
    place = fill(words.mainland, code=region) if region.startswith("cn-") else region
    facts = {"who": who, "name": details.name, "provider": provider, "region": place}

    def say(text: str) -> str:
        return fill(text, **facts)

    lines = [Line("text", say(text)) for text in (words.asks, words.check, words.transfer)]
    if details.intended_uses:
        lines += [Line("text", words.uses), *(Line("item", use) for use in details.intended_uses)]
    lines += [Line("text", say(text)) for text in (words.rights, words.other_way)]
    lines.append(Line("box", say(words.face_box), FACE))
    for purpose in details.purposes or (words.default_purpose,):
        lines.append(Line("box", fill(words.purpose_box, purpose=purpose), purpose))
    return Terms(language, lines, provider, region)


def _provider(words: Words, channel: Channel) -> str:
    if channel.kind != "ark":
        return fill(words.providers[channel.kind], host=urlsplit(channel.endpoint).hostname or channel.name)
    return words.providers["volcengine" if channel.region.startswith("cn-") else "byteplus"]
