"""Things that go wrong on order: scripts that say which call meets which trouble."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from stagedoor.emulator.errors import GATEWAY_ERRORS, ArkError
from stagedoor.emulator.settings import Count, Seconds
from stagedoor.emulator.store import Store

Kind = Literal[
    "error",
    "delay",
    "hold",
    "reset_before",
    "reset_after",
    "truncate",
    "html",
    "content_type",
    "flat",
    "error_200",
    "empty",
    "oversize",
    "duplicate_keys",
    "rate_limited",
]
# These spoil an answer, so the action is done first whatever ``after`` says.
ALWAYS_AFTER = frozenset({"reset_after", "truncate", "content_type", "flat", "oversize", "duplicate_keys"})
ALWAYS_BEFORE = frozenset({"reset_before"})


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault script: from the call after ``skip`` others on, ``times`` calls (0: until reset) of ``action`` meet it."""

    kind: Kind
    action: str = "*"
    times: Count = 1
    skip: Count = 0
    after: bool = False
    name: str = ""
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    code: str | None = None
    message: str | None = None
    seconds: Seconds = 1.0
    retry_after: Count | None = None
    content_type: str = "text/plain"
    size: Annotated[int, Meta(ge=0, le=64 << 20)] = 16 << 20

    @property
    def strikes_after(self) -> bool:
        """Whether the action takes effect before the fault does."""
        return self.kind in ALWAYS_AFTER or (self.after and self.kind not in ALWAYS_BEFORE)

    def error(self) -> ArkError:
        """Return the refusal that ``error``, ``error_200`` and ``rate_limited`` answer with."""
        limited = self.kind == "rate_limited"
        code = self.code or ("FlowLimitExceeded" if limited else "InternalError")
        code_n, status, message = GATEWAY_ERRORS.get(code, (None, 500, "A fault that was ordered."))
        return ArkError(
            200 if self.kind == "error_200" else self.status or status,
            code,
            self.message or message.replace("%s", "…"),
            code_n=code_n,
            retry_after=1 if limited and self.retry_after is None else self.retry_after,
        )


def add_fault(store: Store, fault: Fault) -> int:
    return store.add_fault(msgspec.json.encode(fault).decode(), skip=fault.skip, times=fault.times)


def take_fault(store: Store, action: str) -> Fault | None:
    """Return the fault this call meets, the oldest script first, and count it as used."""
    for seq, script, skips_left, _ in store.list_faults():
        fault = msgspec.json.decode(script, type=Fault)
        if fault.action not in {"*", action}:
            continue
        if skips_left > 0:
            store.mark_fault_skipped(seq)
            continue
        store.mark_fault_used(seq)
        return fault
    return None


def drop_faults(store: Store, name: str | None) -> int:
    """Forget the scripts of one name, or all; return how many."""
    going = [
        seq
        for seq, script, _, _ in store.list_faults()
        if name is None or msgspec.json.decode(script, type=Fault).name == name
    ]
    for seq in going:
        store.delete_fault(seq)
    return len(going)


def describe_faults(store: Store) -> list[dict[str, Any]]:
    return [
        {"id": seq, "times_left": times_left, "skips_left": skips_left, **msgspec.json.decode(script)}
        for seq, script, skips_left, times_left in store.list_faults()
    ]
