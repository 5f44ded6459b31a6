"""Opening the place for files that the settings name."""

from pathlib import Path

from stagedoor.files.files import Files
from stagedoor.files.local import LocalFiles
from stagedoor.settings import Settings, SettingsError

BUCKET = "s3://"


def open_files(settings: Settings) -> Files:
    """Return the folder ``uploads`` in the data folder, another folder, or a bucket.

    Raises:
        SettingsError: it is neither, or it needs what is not installed.

    """
    folder = Path(settings.data_dir, "uploads")
    if not settings.upload_store:
        return LocalFiles(folder)
    if settings.upload_store.startswith(BUCKET):
        from stagedoor.files.s3 import BucketFiles

        return BucketFiles(settings, folder)
    if "://" in settings.upload_store:
        raise SettingsError("upload_store must be a folder, or s3://bucket/prefix.")
    return LocalFiles(Path(settings.upload_store))
