"""Reading a query string."""

from urllib.parse import parse_qsl

from stagedoor.errors import InvalidParameter

MOST_FIELDS = 50


def read_query(query: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a query, in their order.

    Raises:
        InvalidParameter: it is not well-formed UTF-8, or has more than 50 fields.

    """
    if not query:
        return []
    try:
        text = query.decode("ascii")
        if "%" in text or "+" in text:
            return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
        fields = text.split("&", MOST_FIELDS)
    except ValueError:
        raise InvalidParameter("The query is not well-formed UTF-8.", field="Query") from None
    if len(fields) > MOST_FIELDS:
        raise InvalidParameter(f"The query has more than {MOST_FIELDS} fields.", field="Query")
    return [(name, value) for name, _, value in (field.partition("=") for field in fields)]
