"""The words of the console: every text of a page is there in Chinese, and none that no page says."""

import re
from itertools import chain
from pathlib import Path
from string import Formatter
from typing import get_args

from stagedoor.audit.catalogue import ACTIONS
from stagedoor.channels.conditions import REMEDIES as CONDITIONS
from stagedoor.channels.status import ASK
from stagedoor.channels.store import ChannelState
from stagedoor.console import frame
from stagedoor.console.remedies import REMEDIES, SENTENCES, remedy_of
from stagedoor.console.words import CODES
from stagedoor.console.words import SENTENCES as SENTENCES_ZH
from stagedoor.console.zh import ZH
from stagedoor.contract.fields import AssetStatus, AssetType
from stagedoor.contract.invitations import InvitationStatus
from stagedoor.doors.admin_channels import HealthStatus
from stagedoor.emulator.failures import FAILURE_MESSAGES
from stagedoor.invitations.visit import Progress
from stagedoor.validation.store import State
from stagedoor.webhooks.store import DisabledBy

SAID = re.compile(r"""_\(\s*(?:"([^"]+)"|'([^']+)')""")
SAID_IN_CODE = re.compile(r"""\.say\(\s*"([^"]+)"|^(?:REFUSED|STALE) = "([^"]+)\"""", re.MULTILINE)


def said() -> set[str]:
    """Return every text that a page says in one piece."""
    found: set[str] = set()
    for files, pattern in (("templates/*.html", SAID), ("*.py", SAID_IN_CODE)):
        for path in Path(frame.__file__).parent.glob(files):
            found.update(filter(None, chain.from_iterable(pattern.findall(path.read_text(encoding="utf-8")))))
    return {text for text in found if not text.endswith(".") or " " in text or text in ZH}


def test_every_text_is_there_in_chinese_and_none_that_no_page_says() -> None:
    plain = said() - set(CODES)
    assert plain - set(ZH) == set()
    assert set(ZH) - plain - {"expired"} == set()


def test_both_languages_put_the_same_values_in() -> None:
    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert [text for text, other in ZH.items() if fields(text) != fields(other)] == []


def test_every_state_and_kind_has_a_name() -> None:
    wanted = {
        *(f"asset.{one}" for one in get_args(AssetStatus)),
        *(f"type.{one}" for one in get_args(AssetType)),
        *(f"channel.{one}" for one in get_args(ChannelState)),
        *(f"health.{one}" for one in get_args(HealthStatus)),
        *(f"by.{one}" for one in get_args(DisabledBy)),
        *(f"person.{one}" for one in get_args(Progress)),
        *(f"step.session.{one}" for one in get_args(State)),
        *(one for one in get_args(InvitationStatus) if one != "expired"),
    }
    wanted |= {f"step.{one}" for one in ("session.started", "callback.taken", "invitation.created")}
    wanted |= {f"step.{one}" for one in ("invitation.cancelled", "consent.given", "consent.withdrawn")}
    assert set(CODES) == wanted
    assert "expired" in ZH


def test_every_failure_that_is_known_says_what_to_change() -> None:
    for code in FAILURE_MESSAGES:
        assert "not known here" not in remedy_of(code), code
    assert "not known here" in remedy_of("SomethingNew")
    assert set(REMEDIES) <= set(FAILURE_MESSAGES)


def test_sentences_that_are_written_elsewhere_are_there_in_chinese() -> None:
    actions = {action.sentence for action in ACTIONS.values()}
    assert set(SENTENCES_ZH) == {*SENTENCES, *actions, *CONDITIONS.values(), ASK}
