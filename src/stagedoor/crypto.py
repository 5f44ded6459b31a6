"""What is only compared is hashed, what is read back is sealed. One secret key, one sub-key per purpose."""

import base64
import hmac
import os
import secrets
import zlib
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from stagedoor.ids import base62, random_base62
from stagedoor.sealed import PREFIXES

SECRET_KEY_BYTES = 32
OPENED_KEPT = 4096


class SealBroken(Exception):
    """A sealed value does not open: another secret key, another place, or a changed value."""


class Vault:
    """Hashes and seals with sub-keys of the instance's secret key."""

    def __init__(self, secret_key: bytes) -> None:
        """Take the instance's secret key, 32 bytes.

        Raises:
            ValueError: the key has another length.

        """
        if len(secret_key) != SECRET_KEY_BYTES:
            raise ValueError(f"The secret key must be {SECRET_KEY_BYTES} bytes.")
        self._secret_key = secret_key
        self._sub_key = lru_cache(maxsize=None)(self._derive)
        self._keyed = lru_cache(maxsize=None)(lambda purpose: hmac.new(self._sub_key(purpose), digestmod="sha256"))
        self._cipher = AESGCM(self._derive("seal"))
        self._open_lately = lru_cache(maxsize=OPENED_KEPT)(self.open_bytes)

    def _derive(self, purpose: str) -> bytes:
        return HKDFExpand(algorithm=SHA256(), length=32, info=b"stagedoor/" + purpose.encode()).derive(self._secret_key)

    def sub_key(self, purpose: str) -> bytes:
        """Return 32 bytes that come from the secret key and serve one purpose."""
        return self._sub_key(purpose)

    def hash(self, purpose: str, value: str | bytes) -> bytes:
        """Return the keyed hash (HMAC-SHA256, 32 bytes) by which a secret value is found again."""
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        keyed = self._keyed(purpose).copy()  # with the key in it, which is half of the work
        keyed.update(data)
        return keyed.digest()

    def seal(self, place: str, value: str | bytes) -> bytes:
        """Encrypt a value (AES-256-GCM) so that it opens only for the place it belongs to.

        Args:
            place: of a column in ``sealed.py``, and its row; bound to the value as associated data.
            value: what to keep secret.

        Raises:
            ValueError: the column is not on the list, so that nobody would know of the value.

        """
        if place.partition(":")[0] not in PREFIXES:
            raise ValueError(f"{place.partition(':')[0]} is not on the list of what is sealed.")
        data = value if isinstance(value, bytes) else value.encode()
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, data, place.encode())

    def open(self, place: str, sealed: bytes) -> str:
        """Return the text sealed for this place.

        Raises:
            SealBroken: it was sealed with another key, for another place, or was changed.

        """
        return self.open_bytes(place, sealed).decode()

    def open_bytes(self, place: str, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], place.encode())
        except InvalidTag:
            raise SealBroken(f"The sealed value at {place} does not open with this secret key.") from None

    def open_again(self, place: str, sealed: bytes) -> bytes:
        """Do what ``open_bytes`` does, for small values that are read again and again: the last few thousand are kept open."""
        return self._open_lately(place, sealed)


def new_secret_key() -> bytes:
    return secrets.token_bytes(SECRET_KEY_BYTES)


def encode_secret_key(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def decode_secret_key(text: str) -> bytes:
    """Read a secret key written as URL-safe base64.

    Raises:
        ValueError: it is not base64 or not 32 bytes.

    """
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError("The secret key is not base64.") from None
    if len(key) != SECRET_KEY_BYTES:
        raise ValueError(f"The secret key must be {SECRET_KEY_BYTES} bytes in base64, not {len(key)}.")
    return key


def load_or_create_secret_key(path: Path) -> bytes:
    """Return the secret key kept in a file, making the file (mode 0600) the first time."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return decode_secret_key(path.read_text())
    key = new_secret_key()
    with os.fdopen(handle, "w") as file:
        file.write(encode_secret_key(key) + "\n")
    return key


def new_api_key(kind: str) -> str:
    """Return a new API key: ``sd_<kind>_`` + 30 random base62 characters + 6 of CRC32.

    Args:
        kind: ``live``, ``test`` or ``admin``.

    """
    body = f"sd_{kind}_{random_base62(30)}"
    return body + base62(zlib.crc32(body.encode()), 6)


def new_key_pair() -> tuple[str, str]:
    """Return a new access key and its secret key in the forms the cloud gives them."""
    return f"AKLT{random_base62(40)}", f"{random_base62(58)}=="


def is_api_key(text: str) -> bool:
    """Tell, offline, whether a text has the form and the checksum of an API key."""
    body, checksum = text[:-6], text[-6:]
    return text.startswith("sd_") and base62(zlib.crc32(body.encode("utf-8", "replace")), 6) == checksum
