"""docs/reference/events.md: every type of event, from the catalogue."""

from datetime import UTC, datetime

import msgspec

from docs.generate.markdown import fence, notice, page, table
from stagedoor.events.catalogue import CATALOGUE, OPERATORS_CATALOGUE, EventType
from stagedoor.events.store import print_event
from stagedoor.webhooks.schedule import PAUSES
from stagedoor.webhooks.send import READ_LIMIT, TIMEOUT

INTRODUCTION = """\
# Events

What happens is written down as an event in the very transaction in which it happens: an event is there exactly when what it tells about is there. You get events in three
ways, from the same record:

| | |
|---|---|
| `GET /v1/events` | a list, from any event on; scope `events:read` |
| the same with `Accept: text/event-stream` | a stream that stays open (Server-Sent Events); scope `events:read` |
| a webhook endpoint | signed POSTs to your own address; scope `webhooks:manage`; see [Receive webhooks](../how-to/webhooks.md) |

Events are thin: the id of what it happened to, ids of what belongs to it, states. No token, no link, no presigned address, no name. Ask for the rest with your key. They are kept for
`event_days` ([settings](settings.md)), 30 days unless the operator says otherwise.

Whose face check a `session.…` event is about: its `id` is what ⑪ answered in the header `Stagedoor-Session-Id`.

New types and new fields may come at any time: ignore what you do not know.
"""

LIST = """\
## The list

`GET /v1/events?after=&limit=&type=` answers with events in an order that never changes: no event ever turns up before one you have seen. `after` is the id of an event
(`0`: before the first); `limit` is 1 to 200, 50 when left out; `type` may be repeated. Ask on with `after` = `NextCursor` while `HasMore` is true; keep the cursor for the next time.
"""

STREAM = """\
## The stream

Each message has the event's id (`id:`), its type (`event:`) and the JSON that a webhook carries (`data:`). The stream begins after `Last-Event-ID` or `after`; with neither, with the next event. It
opens with a message without data, whose id is where it begins: a reader that is cut off before the first event misses nothing either. A silent stream has a comment every 15 seconds. When it ends, because a connection broke,
the gateway was restarted or your key was revoked, connect again with the last id you have; `EventSource` does so by itself. One tenant may hold 100 streams open in a process.

```console
$ curl -N "$GATEWAY/v1/events" -H "Authorization: Bearer $KEY" -H "Accept: text/event-stream"
```
"""

OPERATORS = """\
## For operators

`GET /admin/v1/events`, with an operator's key: the same list and the same stream, of events that no tenant sees and no webhook carries. A condition of an upstream account is told once when it begins
and once when it ends, written in the transaction of the row that `stagedoor channels show` reads; what to do about each kind stands in [Use several accounts](../how-to/many-accounts.md).
`GET /admin/v1/channels/{id}` and `GET /admin/v1/cases/{id}` take the event's `id`.
"""

OPERATORS_CALL = """\
$ curl -N "$GATEWAY/admin/v1/events?after=0" -H "Authorization: Bearer $ADMIN_KEY" -H "Accept: text/event-stream"
"""


def build_page() -> str:
    """Return the page as Markdown."""
    return page(
        notice("src/stagedoor/events/catalogue.py"),
        INTRODUCTION,
        "## The types",
        table(("Type", "When", "`data`, besides `id`"), map(_row, CATALOGUE.values())),
        "As a webhook carries it, and the stream:",
        fence("json", _sample()),
        LIST,
        STREAM,
        _webhooks(),
        OPERATORS,
        table(("Type", "When", "`data`, besides `id`"), map(_row, OPERATORS_CATALOGUE.values())),
        fence("console", OPERATORS_CALL),
    )


def _row(event_type: EventType) -> tuple[str, ...]:
    fields = "<br>".join(f"`{name}`: {text}" for name, text in event_type.fields.items())
    return f"`{event_type.name}`", event_type.sentence, fields


def _sample() -> str:
    data = {"id": "asset-20260602153912-kctzf", "group_id": "group-20260601191715-9q47m", "asset_type": "Image"}
    moment = datetime(2026, 6, 2, 7, 39, 31, tzinfo=UTC)
    return msgspec.json.format(print_event("asset.active", moment, msgspec.json.encode(data)), indent=2).decode()


def _webhooks() -> str:
    pauses = ", ".join(_duration(pause.total_seconds()) for pause in PAUSES)
    return page(
        "## Webhooks",
        "As [Standard Webhooks](https://www.standardwebhooks.com/) has them: `webhook-id` (the event's id), `webhook-timestamp`, `webhook-signature`"
        " (HMAC-SHA256 of `id.timestamp.body`; several signatures are separated by blanks).",
        table(
            ("The endpoint answers", "What follows"),
            (
                ("2xx", "Delivered."),
                ("3xx", "A failure: redirects are not followed."),
                ("410", "The endpoint is disabled at once."),
                (
                    "429, 503 with `Retry-After`",
                    "Nothing is sent to this endpoint before that, at most for a day; then the event comes again.",
                ),
                (
                    f"anything else, or nothing within {TIMEOUT.seconds} s",
                    "The event comes again. An endpoint that does not answer at all is left alone for 5 to 60 seconds.",
                ),
            ),
        ),
        f"An event is tried {len(PAUSES)} times, with these pauses before each attempt, give or take a tenth: {pauses}. An endpoint where nothing has arrived for five days is disabled. At most"
        f" 4 requests go to one endpoint at a time; of an answer at most {READ_LIMIT // 1024} KiB are read, and thrown away.",
        "An event may arrive more than once, with the same `webhook-id` and the same body, and events may overtake one another. Where the order matters, ask `GET /v1/events`.",
        "A webhook goes to public addresses only: https, port 443 or 1024 and above, no address of a private network, however it is written or resolved. What is blocked looks like what cannot be"
        " reached: `Unreachable`.",
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
