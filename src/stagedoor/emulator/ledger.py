"""What may be written down of a call: its fields, with every secret masked but still comparable."""

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

SECRET_FIELDS = {"BytedToken", "H5Link"}
URL_FIELDS = {"URL", "CallbackURL"}
# A path segment this long is an unguessable one: somebody's state, ticket or signature.
LONGEST_PLAIN_SEGMENT = 20
LONGEST_PLAIN_TEXT = 2000
MASKED_PREFIX = 4


def mask(value: str) -> str:
    """Return the first four characters and a hash: two masked values are equal when the secrets are."""
    return f"{value[:MASKED_PREFIX]}…{hashlib.sha256(value.encode()).hexdigest()[:12]}"


def mask_url(url: str) -> str:
    """Return an address with its query values and its long path segments masked."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return mask(url)
    path = "/".join(mask(part) if len(part) > LONGEST_PLAIN_SEGMENT else part for part in parts.path.split("/"))
    query = re.sub(r"=([^&]+)", lambda found: "=" + mask(found[1]), parts.query)
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, path, query, "")) if parts.netloc else mask(url)


def masked(value: Any, field: str = "") -> Any:
    """Return a document with the values of secret fields masked, however deep they stand."""
    if field in SECRET_FIELDS and value is not None:
        return mask(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    if isinstance(value, dict):
        return {key: masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, field) for item in value]
    if not isinstance(value, str):
        return value
    return mask_url(value) if field in URL_FIELDS else value[:LONGEST_PLAIN_TEXT]
