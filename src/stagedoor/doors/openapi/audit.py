"""What the OpenAPI documents say about the audit trail."""

from collections.abc import Mapping

from stagedoor import errors
from stagedoor.contract.operations import AUDIT_READ
from stagedoor.doors import audit, deletions
from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.errors import DATABASE, EVERYWHERE, KEY, ErrorType
from stagedoor.doors.openapi.parts import parameter, responses
from stagedoor.doors.openapi.schemas import Json, Say
from stagedoor.keys.issue import ADMIN_SCOPE

TAG = "Audit"
DELETION_PATH, DELETION = "/v1/deletions/{group_id}", "GetDeletion"
CURSOR: Json = {"type": "string", "pattern": f"^{audit.CURSOR.pattern}$"}
ID: Json = {"type": "string", "pattern": "^[!-~]{1,128}$"}
LIMIT: Json = {"type": "integer", "minimum": 1, "maximum": audit.MOST, "default": audit.DEFAULT_LIMIT}


def audit_errors() -> Mapping[str, tuple[ErrorType, ...]]:
    """Return the errors of each of these operations, by operationId."""
    listing = (*EVERYWHERE, *DATABASE, *KEY)
    own = (*listing, errors.FlowLimitExceeded)
    return {audit.ACTION: own, audit.ADMIN_ACTION: listing, DELETION: (*own, errors.NotFound)}


def audit_paths(say: Say) -> dict[str, Json]:
    """Return the paths of the audit trail."""
    tenant = parameter("query", "tenant", texts.PARAMETERS["audit tenant"], ID, say)
    return {
        audit.PATH: {"get": _listing(audit.ACTION, AUDIT_READ, say)},
        audit.ADMIN_PATH: {"get": _listing(audit.ADMIN_ACTION, ADMIN_SCOPE, say, tenant)},
        DELETION_PATH: {"get": _deletion(say)},
    }


def _listing(name: str, scope: str, say: Say, *more: Json) -> Json:
    found = [
        parameter("query", "after", texts.PARAMETERS["audit after"], CURSOR, say),
        parameter("query", "limit", texts.PARAMETERS["audit limit"], LIMIT, say),
        parameter("query", "object", texts.PARAMETERS["audit object"], ID, say),
        *more,
    ]
    answered = responses(name, audit.AuditEntryList, audit_errors()[name], say)
    return {**_operation(name, scope, say), "parameters": found, "responses": answered}


def _deletion(say: Say) -> Json:
    group = parameter("path", "group_id", texts.PARAMETERS["deleted group"], ID, say, required=True)
    answered = responses(DELETION, deletions.DeletionView, audit_errors()[DELETION], say)
    return {**_operation(DELETION, AUDIT_READ, say), "parameters": [group], "responses": answered}


def _operation(name: str, scope: str, say: Say) -> Json:
    return {
        "operationId": name,
        "tags": [say(TAG)],
        "summary": say(texts.SUMMARIES[name]),
        "description": say(texts.OPERATIONS[name]),
        "security": [{"bearer": [scope]}],
    }
