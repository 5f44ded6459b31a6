"""Everything one running emulator shares: its store, its time, its rules, its keys."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from stagedoor.emulator.auth import Authority, Credentials
from stagedoor.emulator.clock import MAX_SHIFT, EmulatorClock
from stagedoor.emulator.holds import Holds
from stagedoor.emulator.ids import new_access_key, new_secret_key, new_session_token
from stagedoor.emulator.quotas import Quotas
from stagedoor.emulator.settings import EmulatorSettings, Rules
from stagedoor.emulator.store import Store


class World:
    """The simulated cloud account. Opened with its data folder and left as it was found."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self.settings = settings
        self.store = Store(settings.data_dir / "emulator.sqlite3")
        self.media_dir = settings.data_dir / "media"
        self.media_dir.mkdir(parents=True, exist_ok=True)
        self.holds = Holds()
        self.quotas = Quotas()
        self.credentials = self._open_credentials("credentials", settings.access_key, settings.secret_key)
        self.sts = self._open_credentials("sts", None, None)
        self.authority = Authority(
            credentials=(self.credentials, self.sts), region=settings.region, window=settings.signature_window
        )
        self.media_secret = self._open_text("media_secret", secrets.token_hex(32))
        self.account_id = self._open_text("account_id", str(2100000000 + secrets.randbelow(10**8)))
        self.rules = self._open_rules()
        self.clock = EmulatorClock(timedelta(seconds=float(self.store.find_setting("clock_shift") or 0)))
        self._http: aiohttp.ClientSession | None = None

    @property
    def public_url(self) -> str:
        """How the emulator is reached, without a slash at its end."""
        if self.settings.public_url is not None:
            return self.settings.public_url.rstrip("/")
        host = self.settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.settings.port}"

    def signature_now(self, machine: datetime) -> datetime:
        """Return the time signatures are judged by: the machine's, since shifting the clock must not spoil every caller's."""
        return machine + timedelta(seconds=self.rules.clock_skew_seconds)

    def http(self) -> aiohttp.ClientSession:
        """Return the client that fetches uploads, made on first use because it belongs to the running loop."""
        if self._http is None:
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._http

    def set_rules(self, rules: Rules) -> None:
        self.rules = rules
        self.store.set_setting("rules", msgspec.json.encode(rules).decode())

    def shift_clock(self, shift: timedelta) -> None:
        self.clock.shift = max(-MAX_SHIFT, min(shift, MAX_SHIFT))
        self.store.set_setting("clock_shift", str(self.clock.shift.total_seconds()))

    def reset(self) -> None:
        """Forget everything but the keys: as if just started for the first time."""
        self.store.clear()
        self.store.remove_setting("rules")
        self.rules = self.settings.rules
        self.shift_clock(timedelta())
        self.quotas.clear()
        self.holds.release()
        for path in self.media_dir.iterdir():
            path.unlink(missing_ok=True)

    def drop_media(self, file_name: str) -> None:
        if file_name:
            (self.media_dir / file_name).unlink(missing_ok=True)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        self.store.close()

    def _open_credentials(self, name: str, access_key: str | None, secret_key: str | None) -> Credentials:
        """Return the given pair, or the one kept from an earlier start, or a new one that is kept."""
        if access_key is not None and secret_key is not None:
            return Credentials(access_key=access_key, secret_key=secret_key)
        kept = self.store.find_setting(name)
        if kept is not None:
            return msgspec.json.decode(kept, type=Credentials)
        temporary = name == "sts"
        made = Credentials(
            access_key=new_access_key("AKTP" if temporary else "AKLT"),
            secret_key=new_secret_key(),
            session_token=new_session_token() if temporary else None,
        )
        self.store.set_setting(name, msgspec.json.encode(made).decode())
        return made

    def _open_text(self, name: str, fresh: str) -> str:
        kept = self.store.find_setting(name)
        if kept is None:
            self.store.set_setting(name, fresh)
        return kept or fresh

    def _open_rules(self) -> Rules:
        """Return the rules kept from before the restart, or those it is started with."""
        kept: Any = self.store.find_setting("rules")
        return self.settings.rules if kept is None else msgspec.json.decode(kept, type=Rules)


WORLD = web.AppKey("world", World)
