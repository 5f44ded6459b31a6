"""Sending a file of this machine to the gateway, and what the gateway has against it."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stagedoor.cli.remote.begun import Begun
from stagedoor.cli.remote.connect import REFUSED, USAGE, exit_code
from stagedoor.cli.remote.words import is_chinese

if TYPE_CHECKING:
    from stagedoor_client import BrokenRule, Client, Upload

Tell = Callable[[int, int], None]


class FileRefused(Exception):
    """The file breaks rules of the account, so no call is spent on it."""

    def __init__(self, broken: "Sequence[BrokenRule]") -> None:
        """Keep the rules."""
        super().__init__(broken)
        self.broken = broken


def send_file(client: "Client", begun: Begun, path: Path, kind: str | None) -> "Upload":
    """Upload a file, from where an earlier run of the command was interrupted."""
    from stagedoor_client import NotFound

    def send(upload_id: str | None) -> "Upload":
        with show_progress(path.name, path.stat().st_size) as tell:
            return client.upload_file(
                path,
                asset_type=kind,
                upload_id=upload_id,
                on_begin=lambda one: begun.keep(path, one),
                on_progress=tell,
            )

    known = begun.find(path)
    try:
        return send(known)
    except NotFound as error:
        if known is None or error.code != "NotFound.upload_id":
            raise
        return send(None)


def check_file(client: "Client", uploaded: "Upload", asset_type: str, group: str) -> None:
    """Ask what is wrong with a file before a call is spent on it, where the gateway can tell.

    Raises:
        FileRefused: something is.

    """
    from stagedoor_client import NotFound

    try:
        report = client.check_upload(uploaded, asset_type, group_id=group)
    except NotFound as error:
        if error.code == "NotFound.Path":
            return  # a gateway of an earlier version
        raise
    if report.problems:
        raise FileRefused(report.problems)


@contextmanager
def show_progress(subject: str, total: int, *, of_bytes: bool = True) -> Iterator[Tell]:
    """Show how much of something is done, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _there, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TransferSpeedColumn

    amounts = (DownloadColumn(), TransferSpeedColumn()) if of_bytes else (MofNCompleteColumn(),)
    with Progress(TextColumn("{task.description}"), BarColumn(), *amounts, console=Console(stderr=True)) as progress:
        task = progress.add_task(subject, total=total)
        yield lambda there, total: progress.update(task, completed=there, total=total)


def complain(subject: Mapping[str, object], error: Exception, code: int, *, as_json: bool) -> int:
    """Say what became of a file, whose name comes first in ``subject``, and return the exit code: of the first that went wrong."""
    from stagedoor_client import StagedoorError

    if isinstance(error, FileRefused):
        said, mine = [(one.code, one.message_zh if is_chinese() else one.message) for one in error.broken], REFUSED
    elif isinstance(error, StagedoorError):
        said, mine = [(error.code, error.message)], exit_code(error)
    else:
        said, mine = [(type(error).__name__, str(error))], USAGE
    if as_json:
        first, sentence = said[0]
        told: dict[str, object] = {**subject, "error": {"code": first, "message": sentence}}
        if isinstance(error, FileRefused):
            told["problems"] = [one.raw for one in error.broken]
        print(json.dumps(told, ensure_ascii=False), flush=True)
    else:
        for name, sentence in said:
            print(f"stagedoor: {next(iter(subject.values()))}: {name}: {sentence}", file=sys.stderr)
    return code or mine
