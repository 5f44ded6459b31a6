"""Waiting: by the stream of events first, by looking now and then where there is none."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Unpack

from stagedoor_client._async.imports import AsyncImports
from stagedoor_client._async.invitations import AsyncInvitations
from stagedoor_client._async.library import AsyncLibrary
from stagedoor_client.errors import AssetFailed, InvitationEnded, StagedoorError, WaitTimedOut
from stagedoor_client.events import Event, read_message
from stagedoor_client.imports import Import
from stagedoor_client.invitations import Invitation
from stagedoor_client.options import Options
from stagedoor_client.results import Asset, Check, ExchangedGroup
from stagedoor_client.waits import (
    ASSET_ENDS,
    IMPORT_ENDS,
    INVITATION_STEPS,
    LOOK_SECONDS,
    POLL_SECONDS,
    RECONNECT_SECONDS,
    SESSION_STEPS,
    may_pass,
    now,
    step_of,
    tell,
)


class AsyncWaiting(AsyncLibrary, AsyncInvitations, AsyncImports):
    """What takes a while."""

    async def wait_until_exchanged(
        self,
        check: Check | str,
        *,
        session_id: str = "",
        within: float = 180.0,
        poll: float = POLL_SECONDS,
        on_update: Callable[[str], object] | None = None,
        **options: Unpack[Options],
    ) -> ExchangedGroup:
        """Return the group when the actor has passed the check.

        Args:
            check: what ``start_check`` gave, or its BytedToken.
            session_id: the check's, where only the token is given: without it there are no events to go by.
            within: seconds.
            poll: seconds between two looks where there are no events to go by.
            on_update: is told how far it is, each time that changes: ``pending``, ``passed``, ``exchanged``.
            options: of each ⑫.

        Raises:
            WaitTimedOut: the actor has not finished in time; the token may still be good.
            ExchangeError: the check has failed, or the token is no good any more.

        """
        subject = check.session_id if isinstance(check, Check) else session_id
        step = ""
        about = {subject}.__contains__ if subject else None
        async with aclosing(self._moments(SESSION_STEPS, about, within, poll)) as moments:
            async for event in moments:
                step = tell(on_update, step, step_of(event, step))
                try:
                    group = await self.exchange(check, **options)
                except StagedoorError as error:
                    if not may_pass(error):
                        raise
                else:
                    tell(on_update, step, "exchanged")
                    return group
        raise WaitTimedOut(f"The check was not finished within {within:g} s.", retry="same_request")

    async def wait_until_active(
        self,
        asset: Asset | str,
        *,
        within: float = 600.0,
        poll: float = POLL_SECONDS,
        on_update: Callable[[Asset], object] | None = None,
        **options: Unpack[Options],
    ) -> Asset:
        """Return the asset when it can be used.

        Args:
            asset: the asset, or its id.
            within: seconds.
            poll: seconds between two looks where there are no events to go by.
            on_update: is given the asset, each time its status is another.
            options: of each ⑧.

        Raises:
            AssetFailed: it was not accepted.
            WaitTimedOut: it is still processed; ``last`` is the asset as it was seen last.

        """
        asset_id = asset.id if isinstance(asset, Asset) else asset
        last: Asset | None = None
        async with aclosing(self._moments(ASSET_ENDS, {asset_id}.__contains__, within, poll)) as moments:
            async for _ in moments:
                try:
                    found = await self.get_asset(asset_id, **options)
                except StagedoorError as error:
                    if not may_pass(error):
                        raise
                    continue
                if on_update is not None and (last is None or last.status != found.status):
                    on_update(found)
                if found.is_active:
                    return found
                if found.is_failed:
                    raise AssetFailed(found)
                last = found
        late = WaitTimedOut(f"The asset was not active within {within:g} s.", retry="same_request")
        late.last = last
        raise late

    async def wait_until_completed(
        self,
        invitation: Invitation | str,
        *,
        within: float = 3600.0,
        poll: float = POLL_SECONDS,
        on_update: Callable[[str], object] | None = None,
        **options: Unpack[Options],
    ) -> Invitation:
        """Return the invitation when its actor has passed the check: ``group_id`` is the actor's group.

        Args:
            invitation: the invitation, or its id.
            within: seconds.
            poll: seconds between two looks where there are no events to go by.
            on_update: is told how far it is, each time that changes: ``open``, ``consented`` (the check begins), ``passed``,
                ``failed`` (the actor may try again), ``completed``.
            options: of each look.

        Raises:
            InvitationEnded: it was cancelled, or not used in time.
            WaitTimedOut: nobody has passed in time; the link is still good.

        """
        invitation_id = invitation.id if isinstance(invitation, Invitation) else invitation
        session_id, step = "", ""

        def is_about(object_id: str) -> bool:
            # Before its session is known, any could be it.
            return object_id in {invitation_id, session_id} or (not session_id and object_id.startswith("vs_"))

        async with aclosing(self._moments(INVITATION_STEPS, is_about, within, poll)) as moments:
            async for event in moments:
                try:
                    found = await self.get_invitation(invitation_id, **options)
                except StagedoorError as error:
                    if not may_pass(error):
                        raise
                    continue
                session_id = found.session_id
                if event is None or event.object_id in {invitation_id, session_id}:
                    # A check that began before anybody listened has no event any more, but a session.
                    step = tell(on_update, step, step_of(event, step, "consented" if session_id else "open"))
                if found.is_completed:
                    tell(on_update, step, "completed")
                    return found
                if found.status != "open":
                    raise InvitationEnded(found)
        raise WaitTimedOut(f"The invitation was not completed within {within:g} s.", retry="same_request")

    async def wait_until_imported(
        self,
        imported: Import | str,
        *,
        within: float = 3600.0,
        poll: float = POLL_SECONDS,
        on_update: Callable[[Import], object] | None = None,
        **options: Unpack[Options],
    ) -> Import:
        """Return the import when each of its items has come to its end, whichever that is.

        Args:
            imported: the import, or its id.
            within: seconds.
            poll: seconds between two looks where there are no events to go by.
            on_update: is given the import, each time it was looked at and has got on.
            options: of each look.

        Raises:
            WaitTimedOut: some items have not; the import goes on.

        """
        import_id = imported.id if isinstance(imported, Import) else imported
        last: Import | None = None
        async with aclosing(self._moments(IMPORT_ENDS, {import_id}.__contains__, within, poll)) as moments:
            async for _ in moments:
                try:
                    found = await self.get_import(import_id, **options)
                except StagedoorError as error:
                    if not may_pass(error):
                        raise
                    continue
                if on_update is not None and found != last:
                    on_update(found)
                if found.is_finished:
                    return found
                last = found
        raise WaitTimedOut(f"The import was not finished within {within:g} s.", retry="same_request")

    async def _moments(
        self, types: Sequence[str], is_about: Callable[[str], bool] | None, within: float, poll: float
    ) -> AsyncGenerator[Event | None, None]:
        """Yield whenever it is worth looking, until the time is over: at once, at each event about it, and now and then."""
        ends_at, place, has_stream = now() + within, None, is_about is not None
        yield None
        while (left := ends_at - now()) > 0:
            if not has_stream or is_about is None:
                await asyncio.sleep(min(left, poll))
                yield None
                continue
            # A stream that does not open, whatever the reason, is none.
            has_stream, looked_at = False, now()
            try:
                async with aclosing(self._listen(place, types, min(left, LOOK_SECONDS))) as messages:
                    async for message in messages:
                        event = read_message(message)
                        is_about_it = event is not None and is_about(event.object_id)
                        # What happened before the stream began has to be looked at, and a busy stream is never silent.
                        if is_about_it or not has_stream or now() - looked_at > LOOK_SECONDS:
                            yield event if is_about_it else None
                            looked_at = now()
                        has_stream, place = True, message.id or place
                        if now() >= ends_at:
                            break
            except StagedoorError:
                pass
            if has_stream:
                yield None
                await asyncio.sleep(min(RECONNECT_SECONDS, max(0.0, ends_at - now())))
