"""Verifying an export: the same chain, line by line."""

from collections.abc import Iterable, Mapping
from typing import Any

from stagedoor.audit.chain import canonical, is_signed, sha256
from stagedoor.audit.check import ChainCheck, read

LONGEST_LINE = 1 << 20


def verify_export(lines: Iterable[bytes], public: str) -> ChainCheck:
    """Look at every line of an export and return what was found.

    Args:
        lines: each with the line feed at its end, the last one too.
        public: the public key that one trusts, as hex digits.

    """
    check = ExportCheck(public)
    for number, line in enumerate(lines, 1):
        check.line(number, line)
    return check.end()


class ExportCheck:
    """Follows the lines of one export."""

    def __init__(self, public: str) -> None:
        self._public = public
        self._first = b""
        self._ended = False
        self._chain = ChainCheck("", public)

    def line(self, number: int, line: bytes) -> None:
        """Look at the next line."""
        self._chain.line = number
        text = line.removesuffix(b"\n")
        fields = read(text)
        if not line.endswith(b"\n") or not fields:
            self._find("the line is damaged or cut off")
        elif self._ended:
            self._find("there is something behind the end")
        elif number == 1:
            self._begin(text, fields)
        elif fields.keys() == {"entry", "hash"}:
            self._entry(fields)
        elif fields.keys() == {"checkpoint", "signature"}:
            self._checkpoint(fields)
        elif fields.keys() == {"end", "signature"}:
            self._end(fields)
        else:
            self._find("the line is none of an export")

    def end(self) -> ChainCheck:
        """Return what was found, when there are no more lines."""
        if not self._ended:
            self._find("the export is cut off here: its last line is missing")
        return self._chain

    def _find(self, what: str) -> None:
        self._chain.find(self._chain.seq, what)

    def _begin(self, text: bytes, fields: Mapping[str, Any]) -> None:
        told = fields.get("export")
        if not isinstance(told, dict) or not isinstance(told.get("tenant"), str):
            self._find("the first line is missing")
            return
        self._first = text
        self._chain = ChainCheck(told["tenant"], self._public)
        self._chain.line = 1
        if told.get("key") != self._public:
            self._find("it names another public key than the trusted one")
        if not is_signed(self._public, canonical(told), _bytes(fields.get("signature"))):
            self._find("the first line was not signed with this key, or was changed")

    def _entry(self, fields: Mapping[str, Any]) -> None:
        entry = fields["entry"]
        seq = entry.get("seq") if isinstance(entry, dict) else None
        if not isinstance(seq, int):
            self._find("the entry has no number")
            return
        self._chain.entry(seq, canonical(entry), _bytes(fields["hash"]))

    def _checkpoint(self, fields: Mapping[str, Any]) -> None:
        checkpoint = fields["checkpoint"]
        seq = checkpoint.get("seq") if isinstance(checkpoint, dict) else None
        if not isinstance(seq, int):
            self._find("the checkpoint has no number")
            return
        self._chain.checkpoint(seq, canonical(checkpoint), _bytes(fields["signature"]))

    def _end(self, fields: Mapping[str, Any]) -> None:
        self._ended = True
        end, chain = fields["end"], self._chain
        if not isinstance(end, dict) or not is_signed(self._public, canonical(end), _bytes(fields["signature"])):
            self._find("the end was not signed with this key, or was changed")
            return
        there = {
            "checkpoints": chain.checkpoints,
            "entries": chain.entries,
            "first_line": sha256(self._first).hex(),
            "hash": chain.hash,
            "seq": chain.seq,
        }
        for name, value in there.items():
            if end.get(name) != value:
                self._find(f"the end says {name} {end.get(name)}, but it is {value}")


def _bytes(digits: object) -> bytes:
    """Return what hex digits stand for; nothing, which fits nothing, when they are not written the one way."""
    try:
        found = bytes.fromhex(digits) if isinstance(digits, str) else b""
    except ValueError:
        return b""
    return found if found.hex() == digits else b""
