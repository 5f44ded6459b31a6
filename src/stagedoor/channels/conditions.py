"""What an error of the upstream says about the account behind it, and what a success proves wrong (official-api.md §5)."""

from collections.abc import Mapping

from stagedoor.channels.store import Channel, Condition
from stagedoor.contract.operations import BY_ACTION, Operation
from stagedoor.errors import NotFound, QuotaExceeded, StagedoorError, UpstreamError, UpstreamRejected

ANY = "*"
"""In place of an action: it holds whatever is asked."""
NO_PROJECT = "NotFound.ProjectName"
UNREACHABLE = "Unreachable"

# Every kind, with what an operator does about it.
REMEDIES: Mapping[str, str] = {
    "CredentialsRefused": "Give the channel credentials that are valid: `stagedoor channels change NAME --access-key …`.",
    "PermissionDenied": "Give the credentials the right to call this action in the channel's project.",
    "AccountOverdue": "Pay the account's bill.",
    "SubscriptionRequired": "Subscribe the account to the asset library, or to a higher tier.",
    "ProjectNotFound": "Name a project that exists: `stagedoor channels change NAME --project …`.",
    "GroupsFull": "Delete groups or raise the account's tier; meanwhile another channel takes what is new.",
    "AssetsFull": "Delete assets or raise the account's tier; meanwhile another channel takes what is new.",
    "ClockRefused": "Set the machine's clock: signatures are refused for their time.",
    "EndpointRefused": "Check the endpoint and the region: what answers there is not the asset library.",
    UNREACHABLE: "Check the network and the endpoint; a gateway process gets no answer.",
}

_REJECTED: Mapping[str, str] = {
    "AccessDenied": "PermissionDenied",
    "LackPolicy": "PermissionDenied",
    "LackProjectPolicy": "PermissionDenied",
    "AccountOverdueError": "AccountOverdue",
    "OperationDenied.ServiceOverdue": "AccountOverdue",
    "insufficient_user_quota": "AccountOverdue",
    "SubscriptionRequired": "SubscriptionRequired",
    "OperationDenied.ServiceNotOpen": "SubscriptionRequired",
    "InvalidTimestamp": "ClockRefused",
    "InvalidAction": "EndpointRefused",
    "InvalidActionOrVersion": "EndpointRefused",
    "ServiceNotFound": "EndpointRefused",
    "model_not_found": "EndpointRefused",
}
_FULL: Mapping[str, str] = {"AssetGroupLimitExceeded": "GroupsFull", "AssetLimitExceeded": "AssetsFull"}
# QuotaExceeded does not say of what; what was to be made does.
_FULL_BY_ACTION: Mapping[str, str] = {
    "CreateAssetGroup": "GroupsFull",
    "CreateVisualValidateSession": "GroupsFull",
    "CreateAsset": "AssetsFull",
}
_OF_ONE_ACTION = frozenset({"PermissionDenied", "AccountOverdue", "SubscriptionRequired", "GroupsFull", "AssetsFull"})


def condition_of(
    channel: Channel, operation: Operation, body: Mapping[str, object], error: StagedoorError
) -> tuple[str, str] | None:
    """Return kind and action of what an error says about the account; None when it is about something else.

    A project that the caller has chosen is the caller's business, and so is what the account may do there.
    """
    code = error.upstream.Code if error.upstream else ""
    ours = body.get("ProjectName", channel.project_name) == channel.project_name
    if isinstance(error, QuotaExceeded):
        kind = _FULL.get(code.partition(".")[0]) or _FULL_BY_ACTION.get(operation.action)
    elif isinstance(error, UpstreamRejected):
        kind = _rejected(code)
        if kind == "PermissionDenied" and not ours:
            return None
    elif is_without_project(error) and ours:
        kind = "ProjectNotFound"
    else:
        return None
    return None if kind is None else (kind, operation.action if kind in _OF_ONE_ACTION else ANY)


def _rejected(code: str) -> str:
    while code:
        if code in _REJECTED:
            return _REJECTED[code]
        code = code.rpartition(".")[0]
    return "CredentialsRefused"


def blocks(condition: Condition) -> bool:
    """Tell whether a channel of which this is known is passed over for something new."""
    if condition.kind == UNREACHABLE:
        # One process may be cut off while the others are not: each has a breaker of its own.
        return False
    return condition.action == ANY or BY_ACTION[condition.action].creates


def is_disproven(condition: Condition, channel: Channel, operation: Operation, body: Mapping[str, object]) -> bool:
    """Tell whether a call that succeeded shows that a condition holds no more."""
    if condition.kind == "ProjectNotFound":
        return body.get("ProjectName", channel.project_name) == channel.project_name
    return condition.action in {ANY, operation.action}


def is_without_project(error: StagedoorError) -> bool:
    """Tell whether the upstream says that there is no such project."""
    return isinstance(error, NotFound) and error.upstream is not None and error.upstream.Code == NO_PROJECT


def is_down(error: StagedoorError) -> bool:
    """Tell whether an error may be one of an upstream that does not answer."""
    return isinstance(error, UpstreamError) and not isinstance(error, UpstreamRejected)
