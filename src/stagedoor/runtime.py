"""What every part of a running gateway shares."""

from stagedoor.ark.transport import Transport
from stagedoor.clock import Clock
from stagedoor.crypto import Vault
from stagedoor.db.database import Database
from stagedoor.files.files import Files
from stagedoor.ids import NewId
from stagedoor.media.look import Bounds, Looker
from stagedoor.pulse import Pulse
from stagedoor.settings import Settings
from stagedoor.tasks import Tasks

LAST_WORK_SECONDS = 10.0


class Runtime:
    """The settings, the database, the files, the way out, the time, the ids, the secrets and the tasks of one process."""

    def __init__(
        self,
        settings: Settings,
        *,
        db: Database,
        files: Files,
        transport: Transport,
        clock: Clock,
        new_id: NewId,
        vault: Vault,
    ) -> None:
        self.settings = settings
        self.db = db
        self.files = files
        self.transport = transport
        self.clock = clock
        self.new_id = new_id
        self.vault = vault
        self.looker = new_looker(settings)
        self.tasks = Tasks()
        self.pulse = Pulse()

    async def close(self) -> None:
        """Let the running work end, then close what was opened."""
        await self.tasks.close(LAST_WORK_SECONDS)
        await self.transport.close()
        await self.db.close()


def new_looker(settings: Settings) -> Looker:
    """Return what looks into files, within the bounds of the settings."""
    return Looker(Bounds(settings.media_seconds, settings.media_memory, settings.media_at_once))
