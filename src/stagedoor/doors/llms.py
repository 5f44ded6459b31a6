"""`/llms.txt`: what a language model has to know before it writes a program that calls this gateway."""

from stagedoor.contract.operations import INVITATIONS, OPERATIONS

SUMMARY = """\
# stagedoor

> Self-hosted, multi-tenant gateway to the private trusted asset library of Seedance 2.x (Volcengine Ark, BytePlus ModelArk). A real person passes a face check on a phone; \
the check's BytedToken is exchanged for a GroupId; what is uploaded to that group becomes an `asset://` id that Seedance takes as a reference.
"""
FACTS = """\
- Every call carries `Authorization: Bearer sd_live_…` or `sd_test_…`, and `model`: in the body of POST and PATCH, in the query of GET and DELETE. `model` chooses the upstream account.
- Every answer is `ResponseMetadata{RequestId, Action, …}` and `Result`, with a real HTTP status. Errors have `ResponseMetadata.Error{Code, Message, Retry}`. Decide by the part of `Code` before the \
dot and by `Retry`: `never`, `same_request` (send the very same again), `new_session` (start again at ⑪), `later`. Wait for `Retry-After` where it is given.
- Send an `Idempotency-Key` with ①, ⑥, ⑪ and invitations: a repetition then answers what the first call made.
- ⑫ may be repeated for ever and answers the same GroupId. `ValidatePending` means that the actor has not finished: repeat it.
- `BytedToken`, `H5Link` and an invitation's `Link` are credentials of one actor: never log them, never show them to anybody else.
- An asset is `Processing` until it is `Active` or `Failed`. Use it in a request to Seedance as `asset://<Id>`, only when it is `Active`.
- Prefer an invitation to ⑪: its link lives for days, the page takes the actor's consent, and the 120 seconds begin with the actor's tap.
- Prefer webhooks or `GET /v1/events` to asking again and again.
"""
DOCUMENTS = """\
## Documents

- [OpenAPI 3.1](/openapi.json): every field, limit, example and error
- [OpenAPI 3.1 in Chinese](/openapi.zh.json): the same
- [Postman collection](/postman.json): every endpoint, and the whole story as requests that check themselves
- [API reference](/docs): the same for people
"""


def build_llms() -> str:
    """Return the text that the gateway hands out."""
    return f"{SUMMARY}\n{FACTS}\n{endpoints()}\n{DOCUMENTS}"


def endpoints() -> str:
    """Return the list of the endpoints, from the table of operations."""
    lines = [
        f"- `{operation.method} {operation.path}`: {operation.number} {operation.summary}".replace(":  ", ": ")
        for operation in (*OPERATIONS, *INVITATIONS)
    ]
    return "\n".join(["## Endpoints", "", *lines, ""])
