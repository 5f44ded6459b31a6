"""The actor's pages: what a person sees on the phone. Whole without a script, nothing to load from anywhere else."""

from collections.abc import Collection, Iterable
from html import escape

import msgspec

from stagedoor.contract.fields import Language
from stagedoor.doors.actor_style import STYLE
from stagedoor.invitations.store import Consent, ConsentRecord
from stagedoor.invitations.terms import Terms
from stagedoor.invitations.texts import TEXTS, say_time
from stagedoor.invitations.visit import WAITING, Visit
from stagedoor.invitations.words import Words, fill

SCRIPT_PATH = "/r/live.js"
REFRESH_SECONDS = 3
TICK, TURN, MARK = "M7 12.5l3.5 3.5L17 9", "M12 5a7 7 0 1 0 7 7", "M12 7v6m0 3.5v.01"


class Seen(msgspec.Struct, frozen=True):
    """How a browser sees a page: the link's code, the language, and the token that its forms send back."""

    code: str
    language: Language
    token: str
    in_app: str = ""
    """The link to open elsewhere, when this is no browser but an app."""

    @property
    def words(self) -> Words:
        return TEXTS[self.language]


def consent_page(
    visit: Visit, seen: Seen, terms: Terms, *, ticked: Collection[str] = (), complaint: str = "", missing: bool = False
) -> bytes:
    """Return the page that explains and asks; boxes that were ticked stay ticked."""
    words, who = seen.words, visit.tenant.name
    boxes = "".join(
        f'<label class="box{" missing" if missing and str(number) not in ticked else ""}">'
        f'<input type="checkbox" name="agree" value="{number}"{" checked" if str(number) in ticked else ""}>'
        f"<span>{escape(box.text)}</span></label>"
        for number, box in enumerate(terms.boxes)
    )
    form = (
        f'<fieldset id="agree"><legend><h2>{escape(words.agree)}</h2></legend>'
        f'<p class="soft small">{escape(words.tick_all)}</p>{boxes}</fieldset>'
        f"{_hints(words)}<button>{escape(words.start)}</button>"
        f'<p class="soft small">{escape(words.after_start)}</p><p class="soft small">{escape(words.decline)}</p>'
    )
    hidden = {"shown": terms.sha256.hex()}
    content = (
        _complaint(complaint, "agree")
        + _in_app(seen)
        + f"<h1>{escape(fill(words.invited, who=who))}</h1><p>{escape(words.takes)}</p>"
        + _facts(
            (words.about, visit.details.name),
            (words.valid_until, say_time(visit.invitation.expires_at, seen.language)),
        )
        + f'<h2>{escape(words.read_first)}</h2><div class="terms">{_lines(terms)}</div>'
        + _form(seen, "i", form, hidden)
        + _camera_help(words)
    )
    return _page(seen, "i", content)


def start_page(seen: Seen, consent: Consent, record: ConsentRecord, *, complaint: str = "") -> bytes:
    """Return the page of somebody who has agreed and has not begun."""
    words = seen.words
    agreed = fill(words.agreed, when=say_time(consent.created_at, seen.language), receipt=consent.receipt)
    content = (
        _complaint(complaint)
        + _in_app(seen)
        + f"<h1>{escape(words.agreed_title)}</h1><p>{escape(agreed)}</p>"
        + _form(seen, "i", f"{_hints(words)}<button>{escape(words.start)}</button>")
        + _agreed_text(words, record)
        + _withdraw_link(seen)
        + _camera_help(words)
    )
    return _page(seen, "i", content)


def result_page(
    visit: Visit, seen: Seen, record: ConsentRecord | None, *, go_on: str = "", by_itself: bool = False
) -> bytes:
    """Return the page that says what became of it.

    Args:
        visit: what is behind the link.
        seen: how it is seen.
        record: what the actor agreed to.
        go_on: the customer's page, signed; empty when there is none to go to.
        by_itself: the browser goes there without a tap.

    """
    words, who, progress = seen.words, visit.tenant.name, visit.progress
    title, text = getattr(words, f"{progress}_title"), getattr(words, progress)
    withdrawn_at = None if visit.consent is None else visit.consent.withdrawn_at
    moment = "" if withdrawn_at is None else say_time(withdrawn_at, seen.language)
    content = _sign(progress) + f"<h1>{escape(title)}</h1>"
    content += f'<p role="status">{escape(fill(text, who=who, when=moment))}</p>'
    if go_on:
        content += f'<a class="button" href="{escape(go_on)}">{escape(fill(words.go_on, who=who))}</a>'
        content += f'<p class="soft small">{escape(words.going_on)}</p>' if by_itself else ""
    if progress in {"failed", "late"}:
        left = escape(fill(words.attempts_left, left=visit.attempts_left))
        button = f'{_hints(words)}<button>{escape(words.again)}</button><p class="soft small">{left}</p>'
        content += _form(seen, "i", button) + _camera_help(words)
    if progress in WAITING:
        content += f'<a class="button quiet" href="{_address("r", seen)}">{escape(words.refresh)}</a>'
    if progress == "running":
        content += _form(seen, "i", f'<button class="quiet">{escape(words.again)}</button>')
    if visit.consent is not None:
        content += _receipt(visit, seen, visit.consent)
        content += _agreed_text(words, record) if record is not None else ""
        content += _withdraw_link(seen) if progress != "withdrawn" else ""
    return _page(seen, "r", content, progress=progress if progress in WAITING else "")


def withdraw_page(visit: Visit, seen: Seen, *, complaint: str = "") -> bytes:
    """Return the page that asks once more before a consent is taken back."""
    words = seen.words
    content = (
        _complaint(complaint)
        + f"<h1>{escape(words.withdraw_title)}</h1><p>{escape(fill(words.withdraw_text, who=visit.tenant.name))}</p>"
        + _form(seen, "w", f'<button class="danger">{escape(words.withdraw_button)}</button>')
        + f'<a class="button quiet" href="{_address("r", seen)}">{escape(words.withdraw_no)}</a>'
    )
    return _page(seen, "w", content)


def busy_page(seen: Seen, *, agreed: bool) -> bytes:
    """Return the page for a check that cannot begin at the moment; who has agreed needs one tap, not the boxes again."""
    words = seen.words
    again = escape(words.try_again)
    if agreed:
        action = f"<p>{escape(words.kept)}</p>" + _form(seen, "i", f"<button>{again}</button>")
    else:
        action = f'<a class="button" href="{_address("i", seen)}">{again}</a>'
    return _page(seen, "i", f"{_sign('late')}<h1>{escape(words.busy_title)}</h1><p>{escape(words.busy)}</p>{action}")


def _page(seen: Seen, place: str, content: str, *, progress: str = "") -> bytes:
    words, current = seen.words, ' aria-current="true"'
    languages = "".join(
        f'<a href="/{place}/{escape(seen.code)}?lng={language}" lang="{other.lang}" hreflang="{other.lang}"'
        f"{current if language == seen.language else ''}>{other.own_name}</a>"
        for language, other in TEXTS.items()
    )
    live, data = "", ""
    if progress:
        live = (
            f'<noscript><meta http-equiv="refresh" content="{REFRESH_SECONDS}"></noscript>'
            f'<script src="{SCRIPT_PATH}" defer></script>'
        )
        data = f' data-progress="{progress}" data-state="/r/{escape(seen.code)}/state"'
    # What a chat app shows of the link names nobody.
    preview = (
        f"<title>{escape(words.preview)}</title>"
        f'<meta name="description" content="{escape(words.preview_text)}">'
        f'<meta property="og:title" content="{escape(words.preview)}">'
        f'<meta property="og:description" content="{escape(words.preview_text)}">'
    )
    return (
        f'<!doctype html><html lang="{words.lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark">{preview}'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style>{live}</head>'
        f'<body{data}><nav aria-label="{escape(words.languages)}">{languages}</nav><main>{content}</main></body></html>'
    ).encode()


def _address(place: str, seen: Seen) -> str:
    return f"/{place}/{escape(seen.code)}?lng={seen.language}"


def _form(seen: Seen, place: str, content: str, hidden: dict[str, str] | None = None) -> str:
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in {"token": seen.token, **(hidden or {})}.items()
    )
    return f'<form method="post" action="{_address(place, seen)}">{fields}{content}</form>'


def _lines(terms: Terms) -> str:
    shown, items = "", ""
    for line in terms.lines:
        if line.kind == "item":
            items += f"<li>{escape(line.text)}</li>"
            continue
        shown += f"<ul>{items}</ul>" if items else ""
        shown, items = shown + (f"<p>{escape(line.text)}</p>" if line.kind == "text" else ""), ""
    return shown


def _facts(*rows: tuple[str, str]) -> str:
    return "<dl>" + "".join(f"<div><dt>{escape(a)}</dt><dd>{escape(b)}</dd></div>" for a, b in rows) + "</dl>"


def _receipt(visit: Visit, seen: Seen, consent: Consent) -> str:
    words = seen.words
    rows = (
        (words.receipt_number, consent.receipt),
        (words.agreed_at, say_time(consent.created_at, seen.language)),
        (words.for_whom, f"{visit.tenant.name} · {visit.details.name}"),
    )
    return f'<h2>{escape(words.receipt)}</h2>{_facts(*rows)}<p class="soft small">{escape(words.keep)}</p>'


def _agreed_text(words: Words, record: ConsentRecord) -> str:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in record.text.split("\n"))
    return f'<details class="small"><summary>{escape(words.agreed_text)}</summary>{paragraphs}</details>'


def _withdraw_link(seen: Seen) -> str:
    return f'<p class="small"><a href="{_address("w", seen)}">{escape(seen.words.withdraw)}</a></p>'


def _complaint(text: str, target: str = "") -> str:
    if not text:
        return ""
    words = f'<a href="#{target}">{escape(text)}</a>' if target else escape(text)
    return f'<div class="notice" role="alert">{words}</div>'


def _in_app(seen: Seen) -> str:
    if not seen.in_app:
        return ""
    words = seen.words
    return (
        f'<section class="notice"><h2>{escape(words.in_app_title)}</h2>{escape(words.in_app)}'
        f"<code>{escape(seen.in_app)}</code></section>"
    )


def _hints(words: Words) -> str:
    return f"<h2>{escape(words.hints_title)}</h2>{_list(words.hints)}"


def _camera_help(words: Words) -> str:
    return (
        f'<details class="small"><summary>{escape(words.no_camera_title)}</summary>{_list(words.no_camera)}</details>'
    )


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _sign(progress: str) -> str:
    kind, path = ("", TICK) if progress == "done" else (" waiting", TURN) if progress in WAITING else (" other", MARK)
    return (
        f'<svg class="sign{kind}" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="12"/>'
        f'<path d="{path}"/></svg>'
    )
