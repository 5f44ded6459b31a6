"""Every sentence of the actor's pages, by its place; a language is one of these."""

import re

from msgspec import Struct

_PLACE = re.compile(r"\{(\w+)\}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def fill(template: str, **values: object) -> str:
    """Put values into a sentence, with a blank where Chinese and Latin letters would touch."""

    def put(match: re.Match[str]) -> str:
        value = str(values[match[1]])
        before, after = template[: match.start()][-1:], template[match.end() :][:1]
        left = " " if _HAN.match(before) and _is_latin(value[:1]) else ""
        return f"{left}{value}{' ' if _HAN.match(after) and _is_latin(value[-1:]) else ''}"

    return _PLACE.sub(put, template)


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


class Words(Struct, frozen=True, kw_only=True):
    """``{who}`` is the customer's name, ``{name}`` the invitation's; what is the consent's stands in ``consent_texts``."""

    lang: str
    own_name: str
    message: str
    preview: str
    preview_text: str
    languages: str
    # the invitation
    invited: str
    about: str
    valid_until: str
    takes: str
    read_first: str
    agree: str
    tick_all: str
    missing: str
    changed: str
    start: str
    after_start: str
    decline: str
    hints_title: str
    hints: tuple[str, ...]
    no_camera_title: str
    no_camera: tuple[str, ...]
    in_app_title: str
    in_app: str
    link_label: str
    agreed_title: str
    agreed: str
    agreed_text: str
    # what became of it
    running_title: str
    running: str
    checking_title: str
    checking: str
    refresh: str
    done_title: str
    done: str
    failed_title: str
    failed: str
    late_title: str
    late: str
    again: str
    attempts_left: str
    exhausted_title: str
    exhausted: str
    cancelled_title: str
    cancelled: str
    expired_title: str
    expired: str
    busy_title: str
    busy: str
    kept: str
    try_again: str
    # the receipt
    receipt: str
    receipt_number: str
    agreed_at: str
    for_whom: str
    keep: str
    go_on: str
    going_on: str
    withdraw: str
    # taking it back
    withdraw_title: str
    withdraw_text: str
    withdraw_button: str
    withdraw_no: str
    withdrawn_title: str
    withdrawn: str
    # a form that cannot be trusted
    stale: str
