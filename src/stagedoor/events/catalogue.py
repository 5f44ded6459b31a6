"""Every type of event there is: when it is written, and what its data says beside the object's id."""

from collections.abc import Mapping

import msgspec


class EventType(msgspec.Struct, frozen=True):
    """A type of event: a sentence, and the fields its data may have. Ids and states only: no token, no address, no name."""

    name: str
    sentence: str
    fields: Mapping[str, str]


GROUP_ID = "The asset group."
GROUP_TYPE = "`AIGC` or `LivenessFace`."
ASSET_TYPE = "`Image`, `Video` or `Audio`."
REASON = "The error code that says why."
SESSION_ID = "The validation session."
INVITATION_ID = "The invitation."

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
)

CATALOGUE: Mapping[str, EventType] = {event_type.name: event_type for event_type in _TYPES}


def check_event(name: str, data: Mapping[str, object]) -> None:
    """Refuse an event that the catalogue does not describe.

    Raises:
        ValueError: the type or one of the fields is not in it.

    """
    event_type = CATALOGUE.get(name)
    if event_type is None:
        raise ValueError(f"There is no event type {name} in the catalogue.")
    if unknown := data.keys() - event_type.fields.keys():
        raise ValueError(f"The catalogue gives {name} no {', '.join(sorted(unknown))}.")
