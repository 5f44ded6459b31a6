"""What the emulator answers when it refuses: the gateway's catalogue with numbers, and Ark's business errors without."""


class ArkError(Exception):
    """One refused call: an HTTP status, a ``Code``, a ``Message`` and, from the gateway in front, a ``CodeN``."""

    def __init__(
        self, status: int, code: str, message: str, *, code_n: int | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.code_n = code_n
        self.retry_after = retry_after


# Code -> (CodeN, HTTP status, message), as the public error pages of the gateway list them.
GATEWAY_ERRORS: dict[str, tuple[int, int, str]] = {
    "MissingParameter": (100002, 400, "The request is missing the %s parameter."),
    "MissingAuthenticationToken": (100003, 401, "The request carries no credentials."),
    "MissingRequestInfo": (100004, 400, "The request is missing %s."),
    "MissingSignature": (100005, 401, "The request carries no signature."),
    "InvalidTimestamp": (100006, 400, "The Signature of the request is expired."),
    "ServiceNotFound": (100007, 404, "The service is not found."),
    "InvalidActionOrVersion": (100008, 404, "Could not find operation %s for version %s."),
    "InvalidAccessKey": (100009, 401, "The accesskey [%s] included in the request is invalid."),
    "SignatureDoesNotMatch": (
        100010,
        401,
        (
            "The request signature we calculated does not match the signature you provided. "
            "Check your Secret Access Key and signing method."
        ),
    ),
    "LackPolicy": (100012, 403, "Request was rejected because of lack of policy."),
    "AccessDenied": (100013, 403, "User is not authorized to perform: %s on resource: %s."),
    "InternalError": (100014, 500, "The service failed inside."),
    "FailToConnect": (100015, 502, "The service could not be reached."),
    "InternalServiceTimeout": (100016, 504, "The service did not answer in time."),
    "FlowLimitExceeded": (100018, 429, "The request was rejected because of the flow limit."),
    "ServiceUnavailableTemp": (100019, 503, "The service is unavailable for a moment."),
    "InternalServiceError": (100023, 500, "The service failed inside."),
    "InvalidAuthorization": (100024, 400, "The Authorization of the request is malformed."),
    "InvalidCredential": (100025, 400, "The Credential of the request is malformed."),
    "InvalidSecretToken": (100026, 401, "The security token of the request is wrong or expired."),
}


def gateway_error(code: str, *details: str, retry_after: int | None = None) -> ArkError:
    """Return a catalogued gateway error; ``details`` fill the blanks of its message."""
    code_n, status, message = GATEWAY_ERRORS[code]
    # An unused blank would print a bare %s; the catalogue's own messages take exactly these many details.
    return ArkError(status, code, message % details if details else message, code_n=code_n, retry_after=retry_after)


def missing(field: str) -> ArkError:
    return ArkError(400, f"MissingParameter.{field}", f"The request is missing the {field} parameter.")


def invalid(field: str, message: str) -> ArkError:
    return ArkError(400, f"InvalidParameter.{field}", message)


def group_not_found(group_id: str) -> ArkError:
    return ArkError(404, "NotFound.group_id", f"The specified asset_group {group_id} is not found.")


def asset_not_found(asset_id: str) -> ArkError:
    return ArkError(404, "NotFound.asset_id", f"The specified asset {asset_id} is not found.")


def project_not_found(project: str) -> ArkError:
    return ArkError(404, "NotFound.ProjectName", f"The specified project {project} is not found.")


def quota_exceeded(what: str, limit: int) -> ArkError:
    return ArkError(429, "QuotaExceeded", f"The account holds its limit of {limit} {what}.")
