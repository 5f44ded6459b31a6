"""`stagedoor upload`: files of this machine, until they can be used."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from stagedoor.cli.remote.begun import Begun
from stagedoor.cli.remote.connect import USAGE, choose_gateway, exit_code, gateway, stop
from stagedoor.cli.remote.show import Json
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from stagedoor_client import Asset, Client

SUFFIXES = frozenset(
    ".jpg .jpeg .png .webp .bmp .tif .tiff .gif .heic .heif .mp4 .mov .mp3 .wav".split()  # noqa: SIM905 - easier to read
)
"""What of a folder is taken."""
Tell = Callable[[int, int], None]


def upload(
    files: Annotated[list[Path], typer.Argument(help="Pictures, videos and voices, or folders of them.")],
    group: Annotated[str, typer.Option(help="The group they go into.")],
    kind: Annotated[
        Literal["Image", "Video", "Audio"] | None, typer.Option("--type", help="What they are; else their names say.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until each can be used, or was refused.")] = True,
    within: Annotated[float, typer.Option(min=0, help="Seconds to wait for each at most.")] = 600,
    as_json: Json = False,
) -> None:
    """Upload files, wait until they can be used, and print the reference of each for prompts. The same command goes on where it was interrupted."""
    paths = list(_expand(files))
    begun = Begun(choose_gateway().base_url)
    code = 0
    with gateway() as client:
        from stagedoor_client import StagedoorError

        made: list[tuple[Path, Asset]] = []
        for path in paths:
            try:
                made.append((path, _send(client, begun, path, group, kind)))
            except (StagedoorError, OSError, ValueError) as error:
                code = _complain(path, error, code, as_json=as_json)
        for path, asset in made:
            try:
                done = client.wait_until_active(asset, within=within) if wait else asset
            except StagedoorError as error:
                code = _complain(path, error, code, as_json=as_json)
            else:
                facts = {"file": str(path), "asset": done.id, "status": done.status}
                print(json.dumps(facts) if as_json else f"{done.reference}\t{path}", flush=True)
    raise SystemExit(code)


def _expand(files: Sequence[Path]) -> Iterator[Path]:
    for path in files:
        if not path.exists():
            stop(say("no_file", file=path), USAGE)
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
        else:
            yield path


def _send(client: "Client", begun: Begun, path: Path, group: str, kind: str | None) -> "Asset":
    from stagedoor_client import NotFound

    def send(upload_id: str | None) -> "Asset":
        with _bar(path) as tell:
            return client.upload(
                path,
                group_id=group,
                asset_type=kind,
                name=path.stem,
                upload_id=upload_id,
                on_begin=lambda one: begun.keep(path, one),
                on_progress=tell,
            )

    known = begun.find(path)
    try:
        asset = send(known)
    except NotFound as error:
        if known is None or error.code != "NotFound.upload_id":
            raise
        asset = send(None)
    begun.forget(path)
    return asset


@contextmanager
def _bar(path: Path) -> Iterator[Tell]:
    """Show how much of a file is there, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _there, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(path.name, total=path.stat().st_size)
        yield lambda there, total: progress.update(task, completed=there, total=total)


def _complain(path: Path, error: Exception, code: int, *, as_json: bool) -> int:
    """Say what became of a file, and return the exit code: of the first that went wrong."""
    from stagedoor_client import StagedoorError

    if isinstance(error, StagedoorError):
        name, sentence, mine = error.code, error.message, exit_code(error)
    else:
        name, sentence, mine = type(error).__name__, str(error), USAGE
    if as_json:
        print(json.dumps({"file": str(path), "error": {"code": name, "message": sentence}}), flush=True)
    else:
        print(f"stagedoor: {path}: {name}: {sentence}", file=sys.stderr)
    return code or mine
