"""What the OpenAPI documents say of the invitations, in English."""

from collections.abc import Mapping

TAGS: Mapping[str, str] = {
    "Invitations": "A long-lived link for one actor, on whose tap the short-lived face check begins.",
}

OPERATIONS: Mapping[str, str] = {
    "CreateInvitation": "Makes a link for one actor, with a QR code and texts to send. Its page says who asks and for what, takes the consent, and "
    "starts the face check when the actor taps, so the 120 seconds begin when somebody is ready. Who fails or is late taps again, nine times "
    "at most. Send an `Idempotency-Key` and repeat without fear.",
    "ListInvitations": "Lists your own invitations by their age, page by page: by `PageNumber` and `PageSize`, or by `MaxResults` and `NextToken`. "
    "The body may be left out.",
    "GetInvitation": "Answers with one of your invitations: its state, the person's `GroupId` when it is completed, and the consent word by word.",
    "CancelInvitation": "Calls an invitation back: its link stops working at once, and a running check is given up. Safe to repeat; a completed "
    "invitation cannot be called back. The body may be left out.",
}

PARAMETERS: Mapping[str, str] = {
    "invitation": "The invitation's Id.",
    "any model": "May be left out: an invitation stays with the model it was made for.",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("Invitation", "Name"): "What it is about, shown to the actor.",
    ("Invitation", "QR"): "Addresses of the link's QR code; they may be shown in your own page.",
    ("Invitation", "ReturnURL"): "As it was sent. The browser gets there with `status`, `session_id`, `ts` and `sig`.",
    ("Invitation", "Lng"): "As it was sent.",
    ("Invitation", "Purposes"): "As they were sent.",
    ("Invitation", "IntendedUses"): "As they were sent.",
    ("Invitation", "Metadata"): "As it was sent.",
    ("InvitationPage", "PageNumber"): "The page answered. Page mode only.",
    ("InvitationPage", "PageSize"): "Rows per page. Page mode only.",
    ("InvitationPage", "NextToken"): "Asks for the next page. Cursor mode only; absent on the last page.",
}
