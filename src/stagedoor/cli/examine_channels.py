"""What `stagedoor doctor` says about the upstream accounts: do their keys open, how old are they, is our clock theirs?"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from stagedoor.ark.answers import http_date
from stagedoor.ark.transport import Answer, Transport
from stagedoor.channels.book import open_book
from stagedoor.channels.store import Channel, list_channels
from stagedoor.cli.findings import Finding, check, untried
from stagedoor.contract.operations import BY_ACTION
from stagedoor.errors import StagedoorError
from stagedoor.keys.store import list_admin_keys
from stagedoor.runtime import Runtime

SKEW = timedelta(seconds=30)
OLD = timedelta(days=365)


class DatedTransport:
    """Another transport, and by how much the clock of whoever answered last was ahead of ours."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.ahead: timedelta | None = None

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout: timedelta,  # noqa: ASYNC109 - passed on
    ) -> Answer:
        answer = await self._transport.send(method, url, headers=headers, body=body, timeout=timeout)
        date = http_date(answer.headers.get("date", ""))
        self.ahead = None if date is None else date - datetime.now(UTC)
        return answer

    async def close(self) -> None:
        await self._transport.close()


async def examine_channels(rt: Runtime, transport: DatedTransport) -> AsyncIterator[Finding]:
    channels = await rt.db.read(list_channels)
    if not channels:
        yield Finding("fail", "channels: none", "Run `stagedoor channels add …`.")
    for channel in channels:
        if channel.disabled_at is not None:
            yield untried(
                f"channel {channel.name}: disabled", f"`stagedoor channels enable {channel.name}` when it is to serve."
            )
            continue
        transport.ahead = None
        yield await _list_call(rt, channel)
        yield _clock(channel, transport.ahead)
        yield _age(rt, channel)
    async for finding in _operators_keys(rt):
        yield finding


async def _list_call(rt: Runtime, channel: Channel) -> Finding:
    """Ask for one group, which changes nothing."""
    subject = f"channel {channel.name} ({channel.kind} at {urlsplit(channel.endpoint).hostname})"
    if channel.kind == "emulator":
        subject += ", a SIMULATION"
    body = {"Filter": {"GroupType": "AIGC"}, "PageNumber": 1, "PageSize": 1, "ProjectName": channel.project_name}
    try:
        async with open_book(rt) as book:
            await book.ask(channel.id, BY_ACTION["ListAssetGroups"], body)
    except StagedoorError as error:
        said = f" ({error.upstream.Code})" if error.upstream else ""
        return Finding(
            "fail",
            f"{subject}: {error.full_code}{said}",
            "Check its endpoint, keys and rights; change them with `stagedoor channels change`.",
        )
    return Finding("ok", f"{subject}: answers a list call")


def _clock(channel: Channel, ahead: timedelta | None) -> Finding:
    if ahead is None:
        return untried(f"clock: {channel.name} did not say what time it is", "Look again when the channel answers.")
    seconds = ahead.total_seconds()
    # The header has whole seconds, and the answer was on its way.
    subject = f"clock: {abs(seconds):.0f} s {'behind' if seconds > 0 else 'before'} that of {channel.name}"
    remedy = "Set this machine's clock (NTP): signatures are refused when they are 15 minutes off, and tokens live two."
    return check(abs(ahead) <= SKEW, subject, remedy)


def _age(rt: Runtime, channel: Channel) -> Finding:
    days = (rt.clock.now() - channel.updated_at).days
    return check(
        days < OLD.days,
        f"keys of channel {channel.name}: unchanged for {days} days",
        f"Make a new key pair in the account's console, then `stagedoor channels change {channel.name} --access-key …`.",
    )


async def _operators_keys(rt: Runtime) -> AsyncIterator[Finding]:
    now = rt.clock.now()
    old = [key for key in await rt.db.read(list_admin_keys) if key.is_valid(now) and now - key.created_at >= OLD]
    remedy = "Make new ones with `stagedoor keys create --admin`, then revoke these with `stagedoor keys revoke`."
    named = f": {', '.join(key.id for key in old)}" if old else ""
    yield check(not old, f"operators' keys older than {OLD.days} days: {len(old)}{named}", remedy)
