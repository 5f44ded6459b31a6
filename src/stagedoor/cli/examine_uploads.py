"""What `stagedoor doctor` says about the place where uploaded files lie."""

from stagedoor.cli.findings import Finding
from stagedoor.errors import FilesUnavailable
from stagedoor.files.open import open_files
from stagedoor.ids import random_base62
from stagedoor.settings import Settings, SettingsError

TRIAL = "doctor"


async def examine_uploads(settings: Settings) -> Finding:
    """Write something there as a part of a file is written, and remove it."""
    place = settings.upload_store
    try:
        files = open_files(settings)
        await files.put_piece(TRIAL, random_base62(8), TRIAL.encode())
        await files.drop_pieces(TRIAL)
    except SettingsError as error:
        return Finding("fail", f"uploads: {error}", "Set STAGEDOOR_UPLOAD_STORE to a folder or s3://bucket/prefix.")
    except FilesUnavailable:
        remedy = "Check the folder, or the bucket, its endpoint, and that its key may get, put, delete and list."
        return Finding("fail", f"uploads: {place} cannot be written", remedy)
    return Finding("ok", f"uploads: {place} can be written")
