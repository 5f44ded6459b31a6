"""A signed request that comes again: the signature says that it is the same one."""

from datetime import timedelta
from hashlib import sha256

from stagedoor.call import Call
from stagedoor.contract.operations import Operation
from stagedoor.errors import SignedRequestRepeated
from stagedoor.idempotency.once import OnceKey, Told, new_claim
from stagedoor.idempotency.store import claim_key

LIFETIME = timedelta(minutes=31)
"""A signature is good for 15 minutes before its date and 15 after; a repetition later than that is refused for its date."""
TOGETHER = timedelta(seconds=5)
"""Two requests with one signature may be two people, who pressed a button in the same second: dates have whole seconds."""
_LOST = (
    "This {what} was received before, and the asset library's answer to it was lost. What it was to create may exist there, but is not"
    " recorded here. Ask the operator, or {again} and accept a possible double."
)
OF_AN_INVOCATION = Told(
    running="The first try of this call, with the same X-Sdk-Invocation-Id, is still running. Repeat it in a moment.",
    reused="A call with this X-Sdk-Invocation-Id had another body. Make a new id for a new call.",
    over="The session that the call with this X-Sdk-Invocation-Id started is over. Make a new call, with a new id.",
    lost=_LOST.format(what="call, with the same X-Sdk-Invocation-Id,", again="make a new call"),
)
OF_A_SIGNATURE = Told(
    running="This very request, signed in the same second, was received before and is still running. Repeat it in a moment for its answer."
    " For another object sign anew a second later, or send an `Idempotency-Key` of its own with each.",
    lost=_LOST.format(what="very request, signed in the same second,", again="sign anew"),
)


def invocation_key(call: Call, invocation_id: str) -> OnceKey:
    """Return the key of a call that the official SDK sends with one signed id, and a new signature each time it tries."""
    return _key(call, "invocation", invocation_id, OF_AN_INVOCATION)


def signature_key(call: Call, signature: str, body: bytes) -> OnceKey:
    """Return the key of a request that is sent again just as it was; a presigned address does not sign the body."""
    return _key(call, "signature", f"{signature}/{sha256(body).hexdigest()}", OF_A_SIGNATURE)


def _key(call: Call, kind: str, value: str, told: Told) -> OnceKey:
    # Apart from what callers choose themselves, and from what other keys of the tenant send.
    return OnceKey(call.rt.vault.hash("signed_request", f"{call.caller.key_id}/{kind}/{value}"), LIFETIME, told)


async def refuse_late_repetition(call: Call, operation: Operation, key: OnceKey, body: bytes) -> None:
    """Let a request pass whose answer is for one person only, the first time and for a moment after.

    Raises:
        SignedRequestRepeated: the first one with this key is longer ago.

    """
    now = call.rt.clock.now()
    mine = new_claim(call, operation, key, body, until=now + TOGETHER)
    first = await call.rt.db.write(lambda tx: claim_key(tx, call.tenant_id, mine, now))
    if first.claimed_until is None or now >= first.claimed_until:
        raise SignedRequestRepeated
