"""`stagedoor upload`: files of this machine, until they can be used."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from stagedoor.cli.remote.begun import Begun
from stagedoor.cli.remote.connect import USAGE, choose_gateway, gateway, stop
from stagedoor.cli.remote.send import FileRefused, check_file, complain, send_file
from stagedoor.cli.remote.show import Json
from stagedoor.cli.remote.table import LONGEST_NAME, Row, TableRefused, list_rows, read_table
from stagedoor.cli.remote.upload_table import Waiting, upload_table
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from stagedoor_client import Asset, Client

SUFFIXES = frozenset(
    ".jpg .jpeg .png .webp .bmp .tif .tiff .gif .heic .heif .mp4 .mov .mp3 .wav".split()  # noqa: SIM905 - easier to read
)
"""What of a folder is taken."""


def upload(
    files: Annotated[list[Path] | None, typer.Argument(help="Pictures, videos and voices, or folders of them.")] = None,
    group: Annotated[str | None, typer.Option(help="The group they go into.")] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--csv", help="A table instead: columns file or url, group, name, type. All of it is one bulk import."
        ),
    ] = None,
    as_import: Annotated[bool, typer.Option("--import", help="All FILES as one bulk import, like a table.")] = False,
    kind: Annotated[
        Literal["Image", "Video", "Audio"] | None, typer.Option("--type", help="What they are; else their names say.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until each can be used, or was refused.")] = True,
    within: Annotated[float, typer.Option(min=0, help="Seconds to wait for each at most.")] = 600,
    as_json: Json = False,
) -> None:
    """Upload files, wait until they can be used, and print the reference of each for prompts. The same command goes on where it was interrupted."""
    files = files or []
    if bool(files) == (table is not None):
        stop(say("files_or_table"), USAGE)
    begun, waiting = Begun(choose_gateway().base_url), Waiting(wait, within)
    with gateway() as client:
        if table is not None or as_import:
            rows = _rows(table, files, group, kind)
            code = upload_table(client, begun, table or files[0], rows, waiting, as_json=as_json)
        elif group is None:
            stop(say("no_group"), USAGE)
        else:
            code = _upload_files(client, begun, list(_expand(files)), group, kind, waiting, as_json=as_json)
    raise SystemExit(code)


def _rows(table: Path | None, files: Sequence[Path], group: str | None, kind: str | None) -> list[Row]:
    """Return what an import is to be made of, or end the program where that cannot be."""
    try:
        return list_rows(list(_expand(files)), group, kind) if table is None else read_table(table, group, kind)
    except TableRefused as error:
        stop(str(error), USAGE)


def _upload_files(
    client: "Client",
    begun: Begun,
    paths: Sequence[Path],
    group: str,
    kind: str | None,
    waiting: Waiting,
    *,
    as_json: bool,
) -> int:
    """Make an asset of each file, tell what became of it, and return the exit code."""
    from stagedoor_client import StagedoorError

    code = 0
    made: list[tuple[Path, Asset]] = []
    for path in paths:
        try:
            made.append((path, _make(client, begun, path, group, kind)))
        except (StagedoorError, FileRefused, OSError, ValueError) as error:
            code = complain({"file": str(path)}, error, code, as_json=as_json)
    for path, asset in made:
        try:
            done = client.wait_until_active(asset, within=waiting.within) if waiting.wait else asset
        except StagedoorError as error:
            code = complain({"file": str(path)}, error, code, as_json=as_json)
        else:
            facts = {"file": str(path), "asset": done.id, "status": done.status}
            print(json.dumps(facts) if as_json else f"{done.reference}\t{path}", flush=True)
    return code


def _expand(files: Sequence[Path]) -> Iterator[Path]:
    for path in files:
        if not path.exists():
            stop(say("no_file", file=path), USAGE)
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
        else:
            yield path


def _make(client: "Client", begun: Begun, path: Path, group: str, kind: str | None) -> "Asset":
    """Upload a file, have it looked at, and make an asset of it."""
    uploaded = send_file(client, begun, path, kind)
    asset_type = kind or uploaded.asset_type or "Image"
    check_file(client, uploaded, asset_type, group)
    asset = client.create_asset(group, uploaded.url, asset_type, name=path.stem[:LONGEST_NAME])
    begun.forget(path)
    return asset
