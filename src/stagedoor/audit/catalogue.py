"""Every action an entry can tell of: when it is written, and what it says beside who and to what."""

from collections.abc import Mapping

import msgspec


class AuditedAction(msgspec.Struct, frozen=True):
    """An action: a sentence, and the details its entries may have. Ids, numbers and codes only: no secret, no address, no name."""

    name: str
    sentence: str
    details: frozenset[str] = frozenset()


_ACTIONS = (
    AuditedAction("session.started", "A face check was started.", frozenset({"channel_id", "invitation_id"})),
    AuditedAction("callback.taken", "An actor's browser came back from a face check.", frozenset({"state"})),
    AuditedAction("callback.refused", "Somebody came back with the token of another face check."),
    AuditedAction("group.created", "A group was made by hand.", frozenset({"channel_id"})),
    AuditedAction(
        "group.bound", "The asset library gave the group that a face check earned.", frozenset({"session_id"})
    ),
    AuditedAction(
        "group.reconciled", "The group of a lost answer was found or decided.", frozenset({"session_id", "how"})
    ),
    AuditedAction("group.adopted", "A group that existed in the account was taken over.", frozenset({"channel_id"})),
    AuditedAction("group.deleted", "A group was deleted, or found to be gone."),
    AuditedAction("asset.created", "An asset was uploaded.", frozenset({"group_id"})),
    AuditedAction("asset.adopted", "An asset that existed in the account was taken over.", frozenset({"group_id"})),
    AuditedAction("asset.deleted", "An asset was deleted, or found to be gone.", frozenset({"group_id"})),
    AuditedAction("assets.deleted", "Assets went with their group, which is the object.", frozenset({"assets"})),
    AuditedAction("import.created", "Many uploads were handed over at once.", frozenset({"items"})),
    AuditedAction("import.cancelled", "A bulk import was stopped."),
    AuditedAction("upload.completed", "A file was handed over, to be uploaded from here."),
    AuditedAction("upload.deleted", "That file was deleted here, or its time was over."),
    AuditedAction("invitation.created", "An actor was invited."),
    AuditedAction("invitation.cancelled", "An invitation was closed.", frozenset({"reason"})),
    AuditedAction(
        "consent.given", "An actor agreed.", frozenset({"invitation_id", "version", "language", "text_sha256"})
    ),
    AuditedAction("consent.withdrawn", "An actor took the consent back.", frozenset({"invitation_id", "group_id"})),
    AuditedAction("deletion.proved", "The deletion that the actor asked for is proved.", frozenset({"consent_id"})),
    AuditedAction("deletion.overdue", "That deletion has taken longer than a day.", frozenset({"consent_id"})),
    AuditedAction("key.issued", "An API key was made.", frozenset({"kind"})),
    AuditedAction("key.paired", "A key was given a pair that signs requests."),
    AuditedAction("key.revoked", "An API key was revoked."),
    AuditedAction("channel.created", "An upstream account was set up.", frozenset({"kind"})),
    AuditedAction("channel.changed", "An upstream account was changed.", frozenset({"fields"})),
    AuditedAction("tenant.created", "A tenant was added."),
    AuditedAction("tenant.limited", "How often a tenant may call was changed.", frozenset({"rate"})),
    AuditedAction("key.limited", "How often an API key may call was changed.", frozenset({"rate"})),
    AuditedAction("job.retried", "A job that had failed was ordered once more.", frozenset({"kind"})),
    AuditedAction("webhook.resent", "Events were ordered to be sent once more.", frozenset({"events"})),
    AuditedAction("webhook.enabled", "An operator let a webhook endpoint be sent to again."),
    AuditedAction("webhook.disabled", "An operator let nothing more be sent to a webhook endpoint."),
    AuditedAction("asset.viewed", "An operator looked at a picture, a video or a recording.", frozenset({"group_id"})),
    AuditedAction("operator.added", "Somebody may sign in to the console.", frozenset({"role"})),
    AuditedAction("operator.enrolled", "An operator has set up how they sign in.", frozenset({"how"})),
    AuditedAction("operator.reset", "An operator has to set up anew how they sign in."),
    AuditedAction("operator.removed", "An operator may sign in no more."),
    AuditedAction("operator.signed_in", "An operator signed in to the console.", frozenset({"how"})),
    AuditedAction("operator.signed_out", "A session in the console was ended."),
    AuditedAction(
        "operator.sign_in_failed",
        "Somebody has failed five times in a row to sign in from one address.",
        frozenset({"failures"}),
    ),
    AuditedAction("audit.exported", "The audit trail was exported.", frozenset({"last_seq"})),
    AuditedAction(
        "audit.damaged",
        "The end of the chain was not the one that was sealed last: somebody has edited the database.",
        frozenset({"sealed_seq"}),
    ),
)

ACTIONS: Mapping[str, AuditedAction] = {action.name: action for action in _ACTIONS}


def check_entry(name: str, details: Mapping[str, object]) -> None:
    """Refuse an entry that the catalogue does not describe.

    Raises:
        ValueError: the action or one of the details is not in it.

    """
    action = ACTIONS.get(name)
    if action is None:
        raise ValueError(f"There is no action {name} in the catalogue.")
    if unknown := details.keys() - action.details:
        raise ValueError(f"The catalogue gives {name} no {', '.join(sorted(unknown))}.")
