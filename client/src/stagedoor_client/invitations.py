"""What the invitations give: links that live for days, consents, and the proofs of deletions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stagedoor_client.reading import Result, each, flag, mapping, moment, nested, number, string, strings


@dataclass(frozen=True, kw_only=True)
class Decision(Result):
    """What the person decided of one purpose."""

    purpose: str = string("Purpose")
    granted: bool = flag("Granted")


@dataclass(frozen=True, kw_only=True)
class Consent(Result):
    """The record of a consent; its ``text`` and ``purposes`` are not in lists."""

    id: str = string("Id")
    receipt: str = string("Receipt")
    version: str = string("Version")
    language: str = string("Language")
    text_sha256: str = string("TextSHA256")
    consent_time: datetime | None = moment("ConsentTime")
    withdraw_time: datetime | None = moment("WithdrawTime")
    purposes: tuple[Decision, ...] = each("Purposes", Decision)
    text: str = string("Text")


@dataclass(frozen=True, kw_only=True)
class QRCode(Result):
    """Addresses of the link's QR code."""

    svg: str = string("SVG", secret=True)
    png: str = string("PNG", secret=True)


@dataclass(frozen=True, kw_only=True)
class Invitation(Result):
    """An invitation; whoever has its ``link`` can take the face check. ``signing_secret`` comes only when it is made."""

    id: str = string("Id")
    name: str = string("Name")
    status: str = string("Status")
    link: str = string("Link", secret=True)
    qr: QRCode | None = nested("QR", QRCode)
    texts: Mapping[str, str] = mapping("Texts", secret=True)
    return_url: str = string("ReturnURL")
    language: str = string("Lng")
    purposes: tuple[str, ...] = strings("Purposes")
    intended_uses: tuple[str, ...] = strings("IntendedUses")
    metadata: Mapping[str, Any] = mapping("Metadata")
    attempts: int = number("Attempts", 0)
    session_id: str = string("SessionId")
    group_id: str = string("GroupId")
    consent: Consent | None = nested("Consent", Consent)
    signing_secret: str = string("SigningSecret", secret=True)
    create_time: datetime | None = moment("CreateTime")
    expire_time: datetime | None = moment("ExpireTime")

    @property
    def is_completed(self) -> bool:
        return self.status == "completed"


@dataclass(frozen=True, kw_only=True)
class Deletion(Result):
    """What has become of a group whose consent was taken back: ``Pending``, ``Overdue``, or ``Proved`` by ``proof``."""

    group_id: str = string("GroupId")
    consent_id: str = string("ConsentId")
    invitation_id: str = string("InvitationId")
    status: str = string("Status")
    withdraw_time: datetime | None = moment("WithdrawTime")
    prove_time: datetime | None = moment("ProveTime")
    proof: Mapping[str, Any] = mapping("Proof")
