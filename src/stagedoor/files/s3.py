"""Files in a bucket of any S3-compatible store. Whole files only pass through this machine."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stagedoor.errors import FilesUnavailable
from stagedoor.files.local import LocalFiles
from stagedoor.settings import Settings, SettingsError

try:
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import S3Store
except ImportError:
    raise SettingsError("Files in a bucket need obstore. Install it with: pip install 'stagedoor[s3]'") from None

if TYPE_CHECKING:
    from obstore.store import S3Config

PATIENCE = timedelta(seconds=10)
"""How long the store is tried when it is away."""
PART_BYTES = 8 << 20
"""Large files go over in parts of this size."""


class BucketFiles:
    """Objects ``pieces/<upload>/<name>`` and ``whole/<upload>``, below the prefix that the setting names."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Take the settings; nothing is asked of the store yet."""
        place = urlsplit(settings.upload_store)
        config: S3Config = {"region": settings.s3_region, "virtual_hosted_style_request": settings.s3_virtual_hosts}
        if settings.s3_endpoint:
            config["endpoint"] = settings.s3_endpoint
        if settings.s3_access_key:
            config |= {"access_key_id": settings.s3_access_key, "secret_access_key": settings.s3_secret_key}
        is_plain = settings.s3_endpoint.startswith("http://")
        self._store = S3Store(
            place.netloc,
            prefix=place.path.strip("/") or None,
            config=config,
            client_options={"allow_http": is_plain},
            retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
        )
        self._passing = LocalFiles(folder)

    def incoming(self) -> Path:
        return self._passing.incoming()

    async def put_piece(self, upload_id: str, name: str, content: bytes) -> None:
        with _answered():
            await obstore.put_async(self._store, f"pieces/{upload_id}/{name}", content, use_multipart=False)

    async def read_piece(self, upload_id: str, name: str) -> AsyncIterator[bytes]:
        with _answered():
            found = await obstore.get_async(self._store, f"pieces/{upload_id}/{name}")
            async for chunk in found.stream():
                yield bytes(chunk)

    async def drop_pieces(self, upload_id: str) -> None:
        with _answered():
            async for page in obstore.list(self._store, f"pieces/{upload_id}/"):
                await obstore.delete_async(self._store, [entry["path"] for entry in page])

    async def keep(self, upload_id: str, path: Path, content_type: str) -> None:
        with _answered():
            kind = {"Content-Type": content_type}
            await obstore.put_async(self._store, f"whole/{upload_id}", path, attributes=kind, chunk_size=PART_BYTES)

    async def drop(self, upload_id: str) -> None:
        with _answered(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, f"whole/{upload_id}")

    def find_path(self, upload_id: str) -> Path | None:  # noqa: ARG002 - they lie elsewhere
        return None

    async def link(self, upload_id: str, lifetime: timedelta) -> str | None:
        with _answered():
            return await obstore.sign_async(self._store, "GET", f"whole/{upload_id}", lifetime)


@contextmanager
def _answered() -> Iterator[None]:
    """Turn what the store or the way to it says into our error; what it says may name keys."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise FilesUnavailable from error
