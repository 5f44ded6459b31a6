"""The tap: what the actor agreed to goes on record, and the short-lived face check begins."""

import base64
from collections.abc import Collection

import msgspec

from stagedoor.audit.store import ACTOR, record
from stagedoor.channels.bear import Birth, bear
from stagedoor.channels.book import ChannelBook
from stagedoor.channels.store import Channel
from stagedoor.contract.fields import Language
from stagedoor.db.database import Tx
from stagedoor.errors import StagedoorError
from stagedoor.events.store import emit
from stagedoor.http.client import network_of
from stagedoor.invitations.store import (
    Consent,
    ConsentRecord,
    add_consent,
    find_invitation,
    give_attempt_back,
    record_place,
    take_attempt,
)
from stagedoor.invitations.terms import Terms, write_terms
from stagedoor.invitations.visit import Visit
from stagedoor.runtime import Runtime
from stagedoor.validation.bind import close_invited_sessions
from stagedoor.validation.start import Started, Wanted, open_session

METHOD = "boxes ticked one by one, then a tap"


class Agreement(msgspec.Struct, frozen=True):
    """What a browser brought: the boxes ticked, the hash of the text it showed, and where it came from."""

    ticked: Collection[str]
    shown: str
    address: str
    user_agent: str


class Incomplete(Exception):
    """Not every box is ticked, or the text shown was another one."""

    def __init__(self, *, changed: bool) -> None:
        super().__init__()
        self.changed = changed


async def terms_of(book: ChannelBook, visit: Visit, language: Language) -> Terms:
    """Return what the actor is asked to agree to, as things are now.

    Raises:
        StagedoorError: no upstream account can do the check.

    """
    return _terms(visit, await _channel(book, visit), language)


async def _channel(book: ChannelBook, visit: Visit) -> Channel:
    # The same one for every look at the page and for the check: the text names who does it.
    invitation = visit.invitation
    return await book.choose(invitation.model, invitation.tenant_id, seed=invitation.id)


def _terms(visit: Visit, channel: Channel, language: Language) -> Terms:
    return write_terms(visit.tenant.name, visit.details, channel, language)


async def standing_consent(book: ChannelBook, visit: Visit) -> Consent | None:
    """Return the consent that still holds: not withdrawn, and given to the very text that would be shown now."""
    consent = visit.consent
    if consent is None or consent.withdrawn_at is not None:
        return None
    terms = await terms_of(book, visit, consent.language)
    return consent if consent.text_sha256 == terms.sha256 else None


async def begin_check(
    rt: Runtime, book: ChannelBook, visit: Visit, language: Language, agreement: Agreement
) -> str | None:
    """Record the consent, start the face check and return its link; None when the invitation allows none any more.

    Raises:
        Incomplete: the actor has not agreed to everything.
        StagedoorError: the check cannot be started at the moment; the consent is kept and no attempt is used up.

    """
    channel = await _channel(book, visit)
    consent = None
    if await standing_consent(book, visit) is None:
        terms = _terms(visit, channel, language)
        _check(terms, agreement)
        consent = _consent(rt, visit, terms, agreement)
    if not await _record(rt, visit, consent):
        return None
    try:
        return await _start(rt, book, visit, channel, language)
    except StagedoorError:
        invitation = visit.invitation
        await rt.db.write(lambda tx: give_attempt_back(tx, invitation.tenant_id, invitation.id))
        raise


def _check(terms: Terms, agreement: Agreement) -> None:
    if agreement.shown != terms.sha256.hex():
        raise Incomplete(changed=True)
    if any(str(number) not in agreement.ticked for number in range(len(terms.boxes))):
        raise Incomplete(changed=False)


async def _record(rt: Runtime, visit: Visit, consent: Consent | None) -> bool:
    tenant_id, invitation_id, now = visit.tenant.id, visit.invitation.id, rt.clock.now()

    async def work(tx: Tx) -> bool:
        if not await take_attempt(tx, tenant_id, invitation_id, now):
            return False
        if consent is not None:
            await add_consent(tx, tenant_id, consent)
            await record(tx, tenant_id, ACTOR, "consent.given", consent.id, _details(consent), now=now)
            data = {"consent_id": consent.id}
            await emit(tx, tenant_id, "invitation.consented", invitation_id, data, event_id=rt.new_id("evt"), now=now)
        return True

    return await rt.db.write(work)


def _details(consent: Consent) -> dict[str, str]:
    return {
        "invitation_id": consent.invitation_id,
        "version": consent.version,
        "language": consent.language,
        "text_sha256": consent.text_sha256.hex(),
    }


async def _start(rt: Runtime, book: ChannelBook, visit: Visit, channel: Channel, language: Language) -> str | None:
    invitation = visit.invitation

    async def start_on(channel: Channel) -> Started:
        project = visit.tenant.project_name or invitation.project_name or channel.project_name
        wanted = Wanted(invitation.tenant_id, channel.id, project, "", invitation.id)
        return await open_session(rt, book, wanted, language, by=ACTOR)

    def says_the_same(other: Channel) -> bool:
        # The actor has agreed to a text that names who does the check, and where.
        return _terms(visit, other, language).text == _terms(visit, channel, language).text

    birth = Birth(invitation.model, invitation.tenant_id, channel, seed=invitation.id, may_be_on=says_the_same)
    started = await bear(rt, book, birth, start_on)

    async def work(tx: Tx) -> bool:
        # Called back while Ark was asked: the link is not handed out.
        now = await find_invitation(tx, invitation.tenant_id, invitation.id)
        if now is None or now.cancelled_at is not None:
            await close_invited_sessions(tx, rt, invitation.tenant_id, invitation.id)
            return False
        return True

    return started.h5_link if await rt.db.write(work) else None


def _consent(rt: Runtime, visit: Visit, terms: Terms, agreement: Agreement) -> Consent:
    consent_id = rt.new_id("cs")
    record = ConsentRecord(
        text=terms.text,
        decisions=[(box.purpose, True) for box in terms.boxes],
        intended_uses=visit.details.intended_uses or [],
        who=visit.tenant.name,
        provider=terms.provider,
        region=terms.region,
        method=METHOD,
        network=network_of(agreement.address),
    )
    return Consent(
        id=consent_id,
        tenant_id=visit.tenant.id,
        invitation_id=visit.invitation.id,
        receipt=_receipt(rt, consent_id),
        version=terms.version,
        language=terms.language,
        text_sha256=terms.sha256,
        record=rt.vault.seal(record_place(consent_id), msgspec.json.encode(record)),
        user_agent_hash=rt.vault.hash("user_agent", agreement.user_agent),
        created_at=rt.clock.now(),
        withdrawn_at=None,
    )


def _receipt(rt: Runtime, consent_id: str) -> str:
    """Return a number that people can read out: eight letters and digits."""
    number = base64.b32encode(rt.vault.hash("receipt", consent_id)[:5]).decode()
    return f"{number[:4]}-{number[4:]}"
