"""One call of one of the twelve operations: who calls, and the ways it can go."""

from collections.abc import Awaitable, Callable, Mapping

from stagedoor.audit.store import by_key
from stagedoor.channels.bear import Birth, bear
from stagedoor.channels.book import ChannelBook
from stagedoor.channels.store import Channel
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.database import Result
from stagedoor.errors import AccessDenied, InvalidParameter
from stagedoor.keys.authenticate import Caller
from stagedoor.quotas.queue import Place
from stagedoor.runtime import Runtime


class Call:
    """What an operation works with."""

    __slots__ = ("book", "caller", "fresh", "is_existing", "place", "region", "rt", "session_id")

    def __init__(self, rt: Runtime, book: ChannelBook, caller: Caller, *, fresh: bool = False) -> None:
        self.rt = rt
        self.book = book
        self.caller = caller
        self.fresh = fresh
        """The caller asked for a look that does not come from memory (``Cache-Control: no-cache``)."""
        self.place: Place | None = None
        """A place under the upstream's limits that was waited for before, for the call that creates."""
        self.region = rt.settings.region
        """The region of the channel that took part, for the envelope."""
        self.is_existing = False
        """What is answered was there before, for a header: nothing was made."""
        self.session_id = ""
        """The session that was started, for a header: events tell of it under this id."""

    @property
    def tenant_id(self) -> str:
        return self.caller.tenant_id

    @property
    def by(self) -> str:
        """Who calls, as the audit trail says it."""
        return self.caller.by or by_key(self.caller.key_id)

    async def check_model(self, model: str) -> None:
        """Let a call pass whose model the key may use and some channel has, disabled or not.

        Raises:
            AccessDenied: the key is limited to other models.
            InvalidParameter: no channel has this model.
            NoChannel: there are no channels.

        """
        models = self.caller.models
        if models is not None and model not in models:
            raise AccessDenied(f"The API key is limited to the models {', '.join(sorted(models))}.")
        self.region = (await self.book.route(model, self.tenant_id)).region

    async def default_model(self) -> str:
        """Return the model of something new for which no model was named.

        Raises:
            NoChannel: none that the key may use is enabled.

        """
        return await self.book.default_model(self.tenant_id, self.caller.models)

    async def choose_channel(self, model: str, seed: str | None = None) -> Channel:
        """Return the channel for something new; with a seed always the same one, as long as it is fit.

        Raises:
            InvalidParameter: no channel of the tenant's has this model.
            NoChannel: none that has it is enabled.

        """
        channel = await self.book.choose(model, self.tenant_id, seed)
        self.region = channel.region
        return channel

    async def bear(self, model: str, make: Callable[[Channel], Awaitable[Result]]) -> Result:
        """Make something new on the channel chosen for it, or on the next fit one when that surely made nothing.

        Raises:
            StagedoorError: what the last channel asked said.

        """

        async def here(channel: Channel) -> Result:
            self.region = channel.region
            return await make(channel)

        first = await self.choose_channel(model)
        return await bear(self.rt, self.book, Birth(model, self.tenant_id, first), here)

    def choose_project(self, channel: Channel, requested: str | None) -> str:
        """Return the project of something new.

        Raises:
            InvalidParameter: the tenant is bound to another project.

        """
        bound = self.caller.project_name
        if bound is not None and requested not in {None, bound}:
            raise InvalidParameter(f"This tenant's project is {bound}.", field="ProjectName")
        return bound or requested or channel.project_name

    async def ask(self, channel_id: str, action: str, body: Mapping[str, object]) -> dict[str, object]:
        """Ask the channel's upstream and return its Result."""
        self.region = (await self.book.get(channel_id)).region
        place, self.place = self.place, None
        return await self.book.ask(channel_id, BY_ACTION[action], body, tenant_id=self.tenant_id, place=place)
