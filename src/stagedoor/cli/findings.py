"""What `stagedoor doctor` says about one thing."""

from typing import Literal, NamedTuple

State = Literal["ok", "fail", "untried"]


class Finding(NamedTuple):
    """One line: how it is, what was looked at, and what to do."""

    state: State
    subject: str
    remedy: str = ""


def check(fine: bool, subject: str, remedy: str) -> Finding:
    return Finding("ok", subject) if fine else Finding("fail", subject, remedy)


def untried(subject: str, remedy: str) -> Finding:
    """Say that something could not be looked at from here: no reason to fail, and none to be calm."""
    return Finding("untried", subject, remedy)
