"""Which page of a list a query asks for, where lists are read with GET."""

from stagedoor.contract.paging import Paging
from stagedoor.errors import InvalidParameter
from stagedoor.http.query import read_query

DEFAULT_RESULTS, MOST_RESULTS = 50, 100
LONGEST_TOKEN = 1024


def read_page(query: bytes) -> Paging:
    """Read ``MaxResults`` and ``NextToken``; other parameters are ignored.

    Raises:
        InvalidParameter: one of them has a value that is not allowed, or stands there twice.

    """
    given = read_parameters(query, {"MaxResults", "NextToken"})
    most = given.get("MaxResults", str(DEFAULT_RESULTS))
    if not most.isascii() or not most.isdigit() or not 1 <= int(most[:9]) <= MOST_RESULTS:
        raise InvalidParameter(f"MaxResults must be a whole number from 1 to {MOST_RESULTS}.", field="MaxResults")
    token = given.get("NextToken") or None
    if token is not None and len(token) > LONGEST_TOKEN:
        raise InvalidParameter("The NextToken is none.", field="NextToken")
    return Paging(int(most), None, token)


def read_parameters(query: bytes, names: set[str]) -> dict[str, str]:
    """Return those parameters of a query that are looked for.

    Raises:
        InvalidParameter: one of them stands there twice.

    """
    given: dict[str, str] = {}
    for name, value in read_query(query):
        if name in names:
            if name in given:
                raise InvalidParameter(f"The parameter {name} is in the query twice.", field=name)
            given[name] = value
    return given
