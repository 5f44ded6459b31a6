"""The words of the actor's pages and of the messages that bring the link, in three languages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from msgspec import Struct

from stagedoor.contract.fields import Language
from stagedoor.contract.invitations import Messages
from stagedoor.invitations.texts_en import EN
from stagedoor.invitations.texts_zh import ZH
from stagedoor.invitations.texts_zh_hant import ZH_HANT
from stagedoor.invitations.words import Words, fill

TEXTS: Mapping[Language, Words] = {"zh": ZH, "zh-Hant": ZH_HANT, "en": EN}
BEIJING = timezone(timedelta(hours=8))


class Accepted(Struct, frozen=True):
    """One wish of an Accept-Language header."""

    tag: str
    weight: float


def choose_language(*wishes: str | None, accept: str = "") -> Language:
    """Return the first wish that is one of our languages, else the browser's favourite, else ``zh`` as on Ark's page."""
    for wish in wishes:
        for language in TEXTS:
            if wish is not None and wish.lower() == language.lower():
                return language
    accepted = [_read_wish(part) for part in accept[:500].split(",")]
    for wish_of_browser in sorted(accepted, key=lambda one: -one.weight):
        tag = wish_of_browser.tag
        if tag.startswith("zh"):
            return "zh-Hant" if any(part in tag for part in ("hant", "tw", "hk", "mo")) else "zh"
        if tag.startswith("en"):
            return "en"
    return "zh"


def _read_wish(part: str) -> Accepted:
    tag, _, weight = part.strip().lower().partition(";q=")
    try:
        return Accepted(tag, float(weight or 1))
    except ValueError:
        return Accepted(tag, 0)


def say_time(moment: datetime, language: Language) -> str:
    """Return a moment as people of the language read it: in Chinese Beijing's time, in English UTC."""
    if language == "en":
        utc = moment.astimezone(UTC)
        return f"{utc.day} {utc:%B %Y, %H:%M} UTC"
    there = moment.astimezone(BEIJING)
    clock = "北京时间" if language == "zh" else "北京時間"
    return f"{there.year}年{there.month}月{there.day}日 {there:%H:%M}（{clock}）"


def write_messages(who: str, name: str, link: str, until: datetime) -> Messages:
    """Return texts that bring the link to the actor."""
    made = {
        language: fill(words.message, who=who, name=name, link=link, until=say_time(until, language))
        for language, words in TEXTS.items()
    }
    return Messages(zh=made["zh"], zh_hant=made["zh-Hant"], en=made["en"])
