"""Holding processes to a part of a core, by the kernel's control groups, on machines that let us."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PERIOD_US = 10_000
FIRST = Path("/sys/fs/cgroup/cpu")
SECOND = Path("/sys/fs/cgroup")


class CannotHold(Exception):
    """The control groups of this machine are not ours to use."""


@contextmanager
def held_to(share: float, pids: Iterable[int]) -> Iterator[None]:
    """Give each process at most this share of a core, a little at a time, until the end.

    Raises:
        CannotHold: only root may, and there must be a CPU controller.

    """
    root = FIRST if FIRST.is_dir() else SECOND
    folders: list[Path] = []
    try:
        try:
            for pid in pids:
                folders.append(_make_group(root, share, f"stagedoor-bench-{os.getpid()}-{pid}"))
                (folders[-1] / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            raise CannotHold(f"the CPU controller cannot be used ({error.strerror})") from error
        yield
    finally:
        for folder in folders:
            _remove_group(root, folder)


def _make_group(root: Path, share: float, name: str) -> Path:
    folder = root / name
    folder.mkdir()
    quota = int(share * PERIOD_US)
    if root == FIRST:
        (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (folder / "cpu.cfs_quota_us").write_text(str(quota))
    else:
        (folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
    return folder


def _remove_group(root: Path, folder: Path) -> None:
    with suppress(OSError):
        for pid in (folder / "cgroup.procs").read_text().split():
            (root / "cgroup.procs").write_text(pid)
    with suppress(OSError):
        folder.rmdir()
