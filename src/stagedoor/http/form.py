"""Reading a form that a page of ours sends back."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from stagedoor.errors import InvalidParameter
from stagedoor.http.body import receive_body

MOST_BYTES = 16_384
MOST_FIELDS = 50


async def read_form(scope: Scope, receive: Receive, *, within: float) -> Mapping[str, list[str]]:
    """Return the values of every field of an ``application/x-www-form-urlencoded`` body; of another kind of body there are none.

    Raises:
        RequestTooLarge: it has more than 16 KiB.
        RequestTimeout: it did not come in time.
        InvalidParameter: it has more fields than any form of ours, or a NUL, which no database takes.

    """
    body = await receive_body(scope, receive, limit=MOST_BYTES, within=within)
    try:
        pairs = parse_qsl(body.decode("ascii", "replace"), errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidParameter("The form has too many fields.", field="Body") from None
    if any("\0" in part for pair in pairs for part in pair):
        raise InvalidParameter("A form has no NUL characters.", field="Body")
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
