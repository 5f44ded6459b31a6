"""Every type of event there is: when it is written, and what its data says beside the object's id."""

from collections.abc import Mapping

import msgspec


class EventType(msgspec.Struct, frozen=True):
    """A type of event: a sentence, and the fields its data may have. Ids and states only: no token, no address, no name."""

    name: str
    sentence: str
    fields: Mapping[str, str]


OPERATOR = ""
"""In place of a tenant's id: what operators are told, and nobody else."""

GROUP_ID = "The asset group."
GROUP_TYPE = "`AIGC` or `LivenessFace`."
ASSET_TYPE = "`Image`, `Video` or `Audio`."
REASON = "The error code that says why."
SESSION_ID = "The validation session."
INVITATION_ID = "The invitation."
CONSENT_ID = "The record of the consent."
TENANT_ID = "The tenant."
KIND = "What is wrong with the account: `GroupsFull`, `Unreachable` and the like."
ACTION = "The operation it holds for; `*`: whatever is asked."

_TYPES = (
    EventType("session.passed", "The actor came back from the face check and is said to have passed it.", {}),
    EventType(
        "session.failed", "The face check was not passed or was cancelled. A new session is needed.", {"reason": REASON}
    ),
    EventType(
        "session.exchanged",
        "The asset library gave the group that the session earned.",
        {"group_id": GROUP_ID},
    ),
    EventType(
        "session.expired",
        "The session ended without a group: its token grew too old or was refused.",
        {"reason": REASON},
    ),
    EventType(
        "session.unknown",
        "An answer of the asset library was lost: the session may have a group. It is being looked for.",
        {},
    ),
    EventType(
        "session.reconciled",
        "The group of a session whose answer was lost has been found.",
        {"group_id": GROUP_ID},
    ),
    EventType(
        "asset.created",
        "The asset library has taken an upload and processes it.",
        {"group_id": GROUP_ID, "asset_type": ASSET_TYPE},
    ),
    EventType("asset.active", "An asset can be used.", {"group_id": GROUP_ID, "asset_type": ASSET_TYPE}),
    EventType(
        "asset.failed",
        "An asset was not accepted.",
        {"group_id": GROUP_ID, "asset_type": ASSET_TYPE, "reason": "The error code of the asset library."},
    ),
    EventType(
        "asset.deleted",
        "An asset was deleted, here or in the asset library. When its whole group goes, `group.deleted` speaks for all.",
        {"group_id": GROUP_ID, "asset_type": ASSET_TYPE},
    ),
    EventType(
        "group.created",
        "A group was made: by hand, or by a real person who passed the face check.",
        {"group_type": GROUP_TYPE},
    ),
    EventType("group.deleted", "A group was deleted, with everything in it.", {"group_type": GROUP_TYPE}),
    EventType(
        "import.completed",
        "Every item of a bulk import has come to its end.",
        {
            "active": "How many items can be used.",
            "failed": "How many were not accepted.",
            "cancelled": "How many were not begun, because the import was stopped.",
        },
    ),
    EventType("invitation.created", "An invitation was made for an actor.", {}),
    EventType(
        "invitation.consented",
        "The actor has agreed; the face check begins.",
        {"consent_id": "The record of the consent."},
    ),
    EventType(
        "invitation.completed",
        "The actor has passed the face check, and the group is there.",
        {"group_id": GROUP_ID, "session_id": SESSION_ID},
    ),
    EventType(
        "invitation.cancelled",
        "The invitation was closed before it was used.",
        {"reason": "`Cancelled`: you called it back. `ConsentWithdrawn`: the actor has withdrawn the consent."},
    ),
    EventType("invitation.expired", "The invitation was not used in time.", {}),
    EventType(
        "consent.withdrawn",
        "The actor has withdrawn the consent.",
        {"invitation_id": INVITATION_ID, "group_id": GROUP_ID},
    ),
    EventType(
        "deletion.proved",
        "The group of a consent that was taken back is deleted, here and in the asset library; the proof can be fetched.",
        {"consent_id": CONSENT_ID},
    ),
    EventType(
        "deletion.overdue",
        "The asset library has not confirmed for a day that the group of a consent that was taken back is deleted. It is tried on.",
        {"consent_id": CONSENT_ID},
    ),
)

_OPERATORS_TYPES = (
    EventType(
        "channel.condition_began",
        "An upstream account said something of itself that stands in the way, or does not answer any more.",
        {"kind": KIND, "action": ACTION, "code": "As the upstream said it."},
    ),
    EventType(
        "channel.condition_ended",
        "It holds no more.",
        {
            "kind": KIND,
            "action": ACTION,
            "reason": "`Disproven`: a call succeeded. `Changed`: the channel was changed, so that it is another account's.",
        },
    ),
    EventType(
        "case.opened",
        "A lost answer whose group cannot be told without guessing: somebody has to decide.",
        {"tenant_id": TENANT_ID, "session_id": SESSION_ID, "channel_id": "The channel."},
    ),
    EventType(
        "case.resolved",
        "A case was decided, or its group turned up by itself.",
        {"tenant_id": TENANT_ID, "session_id": SESSION_ID, "group_id": "The asset group; absent: there is none."},
    ),
    EventType(
        "deletion.unconfirmed",
        "The asset library has not confirmed for a day that a group whose consent was taken back is deleted. It is tried on.",
        {"tenant_id": TENANT_ID, "channel_id": "The channel."},
    ),
)

CATALOGUE: Mapping[str, EventType] = {event_type.name: event_type for event_type in _TYPES}
"""What tenants are told."""
OPERATORS_CATALOGUE: Mapping[str, EventType] = {event_type.name: event_type for event_type in _OPERATORS_TYPES}
"""What operators are told."""


def catalogue_of(tenant_id: str) -> Mapping[str, EventType]:
    """Return the types of which a tenant, or the operator, is told."""
    return OPERATORS_CATALOGUE if tenant_id == OPERATOR else CATALOGUE


def check_event(tenant_id: str, name: str, data: Mapping[str, object]) -> None:
    """Refuse an event that the catalogue does not describe.

    Raises:
        ValueError: the type or one of the fields is not in it.

    """
    event_type = catalogue_of(tenant_id).get(name)
    if event_type is None:
        raise ValueError(f"There is no event type {name} in the catalogue.")
    if unknown := data.keys() - event_type.fields.keys():
        raise ValueError(f"The catalogue gives {name} no {', '.join(sorted(unknown))}.")
