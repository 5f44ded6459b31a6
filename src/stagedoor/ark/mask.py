"""Make the upstream's words fit to be seen: short, printable, and without anything secret."""

import re
from collections.abc import Iterable

LONGEST = 300
ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)


def clean(text: str, secrets: Iterable[str]) -> str:
    """Return at most 300 printable characters of a text, with secrets and addresses taken out.

    Args:
        text: what the upstream said.
        secrets: values that must not be seen; empty ones are passed over.

    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    # The query of a presigned address is as good as a password.
    text = ADDRESS.sub("<address>", text)
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * LONGEST])
    return " ".join(printable.split())[:LONGEST]
