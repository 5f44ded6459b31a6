"""Everything that is sealed in the database: the one list of it. ``Vault.seal`` takes nothing else."""

from typing import NamedTuple


class SealedColumn(NamedTuple):
    """A column whose values open only at the place they were sealed for: the associated data of each."""

    table: str
    column: str
    row: tuple[str, ...] = ("id",)
    """The columns that name the row in the place."""
    named: str = ""
    """The column that is named in the place, where values are moved to this one as they are."""

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def prefix(self) -> str:
        return f"{self.table}.{self.named or self.column}"

    def place(self, *row: str | bytes | int) -> str:
        """Return the place of the value in a row."""
        parts = (part.hex() if isinstance(part, bytes) else str(part) for part in row)
        return f"{self.prefix}:{'/'.join(parts)}"


CREDENTIALS = SealedColumn("channels", "credentials")
PAIR_SECRET = SealedColumn("api_keys", "secret_key", row=("access_key",))
WEBHOOK_SECRET = SealedColumn("webhook_endpoints", "secret")
OLD_WEBHOOK_SECRET = SealedColumn("webhook_endpoints", "old_secret", named="secret")
INVITATION_DETAILS = SealedColumn("invitations", "details")
CONSENT_RECORD = SealedColumn("consents", "record")
BYTED_TOKEN = SealedColumn("validation_sessions", "byted_token")
ASSET_URL = SealedColumn("assets", "url")
TOTP_SECRET = SealedColumn("operators", "totp_secret")
KEPT_ANSWER = SealedColumn("idempotency_keys", "answer", row=("tenant_id", "action", "key_hash"))
IMPORT_SOURCE = SealedColumn("imports", "source")
IMPORT_URL = SealedColumn("import_items", "url", row=("import_id", "number"))

SEALED = (
    CREDENTIALS,
    PAIR_SECRET,
    WEBHOOK_SECRET,
    OLD_WEBHOOK_SECRET,
    INVITATION_DETAILS,
    CONSENT_RECORD,
    BYTED_TOKEN,
    ASSET_URL,
    TOTP_SECRET,
    KEPT_ANSWER,
    IMPORT_SOURCE,
    IMPORT_URL,
)
PREFIXES = frozenset(column.prefix for column in SEALED)
