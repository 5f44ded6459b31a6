"""Examples of what the invitations take and give."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from stagedoor.contract import invitations as results
from stagedoor.invitations.texts import write_messages

_MODEL = "doubao-seedance-2-0-260128"
_LINK = "https://gateway.example.com/i/6mQ2vXw9TzB4cD1eFgH7jK"
_ASKED: dict[str, Any] = {
    "Name": "Long Night, lead",
    "ReturnURL": "https://your-app.com/actors/done",
    "Lng": "en",
    "Purposes": ["Scenes of the series Long Night"],
    "IntendedUses": ["Streaming platforms, until the end of 2027"],
    "Metadata": {"actor": "42"},
}

REQUESTS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "CreateInvitation": {"An actor for a series": {"model": _MODEL, **_ASKED, "ExpiresIn": 604_800}},
    "ListInvitations": {"Open invitations": {"model": _MODEL, "Filter": {"Status": "open"}, "MaxResults": 50}},
    "CancelInvitation": {"Call it back": {"model": _MODEL}},
}

_INVITED = results.Invitation(
    Id="inv_3kPq7sTuVwXy2zAbCdEfGh",
    Name="Long Night, lead",
    Status="open",
    Link=_LINK,
    QR=results.QRCode(SVG=f"{_LINK}/qr.svg", PNG=f"{_LINK}/qr.png"),
    Texts=write_messages("Studio North", "Long Night, lead", _LINK, datetime(2026, 6, 8, 8, tzinfo=UTC)),
    ReturnURL="https://your-app.com/actors/done",
    Lng="en",
    Purposes=["Scenes of the series Long Night"],
    IntendedUses=["Streaming platforms, until the end of 2027"],
    Metadata={"actor": "42"},
    Attempts=0,
    CreateTime="2026-06-01T08:00:00Z",
    ExpireTime="2026-06-08T08:00:00Z",
)
_COMPLETED = msgspec.structs.replace(
    _INVITED,
    Status="completed",
    Attempts=1,
    SessionId="vs_1aB2cD3eF4gH5jK6mN7pQr",
    GroupId="group-20260601165705-7vw4m",
    Consent=results.ConsentGiven(
        Id="cs_8nM7bV6cX5zL4kJ3hG2fDs",
        Receipt="7K2Q-M7XD",
        Version="2026-11-24",
        Language="en",
        TextSHA256="2f6a" * 16,
        ConsentTime="2026-06-01T08:55:10Z",
        Purposes=[
            results.Decision(Purpose="face_check", Granted=True),
            results.Decision(Purpose="Scenes of the series Long Night", Granted=True),
        ],
        Text="Studio North asks you to do a face check for Long Night, lead, and to agree to what follows.\n…",
    ),
)

RESULTS: Mapping[str, Mapping[str, msgspec.Struct]] = {
    "CreateInvitation": {"Invited": msgspec.structs.replace(_INVITED, SigningSecret="sdsig_<43 letters and digits>")},
    "ListInvitations": {"Open invitations": results.InvitationPage(Items=[_INVITED], NextToken="eyJhIjozfQ")},
    "GetInvitation": {"Completed": _COMPLETED, "One invitation": _INVITED},
    "CancelInvitation": {"Called back": msgspec.structs.replace(_INVITED, Status="cancelled")},
}
