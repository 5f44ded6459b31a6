"""What the OpenAPI documents say about uploads, in English. The Chinese is in ``openapi/uploads_zh.py``."""

from collections.abc import Mapping

TAGS: Mapping[str, str] = {
    "Uploads": "Files of your own machine, for ⑥ with `upload://<UploadId>`. They come in one request, or in parts by the tus protocol.",
}

OPERATIONS: Mapping[str, str] = {
    "ListUploads": "Lists your uploads, the newest first.",
    "CreateUpload": "Takes a file, which ⑥ then names as `upload://<UploadId>`. With the header `Tus-Resumable: 1.0.0` it begins an upload in parts "
    "instead: `Upload-Length` says how large the file is, `Upload-Metadata` may have `filename`, `filetype` and `assettype`, and the "
    "answer's `Location` is where the parts go.",
    "GetUpload": "Answers with one of your uploads. `HEAD` with `Tus-Resumable: 1.0.0` answers how much of it is here.",
    "ContinueUpload": "Takes the next part of a file by the tus protocol 1.0.0. With the last byte the upload is complete. What has come when a connection "
    "breaks is kept: ask with `HEAD` how much that is.",
    "DeleteUpload": "Deletes the file here. Assets that were made of it stay; one that the asset library has not fetched yet fails.",
}

SUMMARIES: Mapping[str, str] = {
    "ListUploads": "List uploads",
    "CreateUpload": "Upload a file",
    "GetUpload": "Get an upload",
    "ContinueUpload": "Send a part of a file",
    "DeleteUpload": "Delete an upload",
}

PARAMETERS: Mapping[str, str] = {
    "upload": "The UploadId.",
    "file": "The file, with its name and content type.",
    "name of the file": "What the file is called, if not by its own name.",
    "type of the file": "What kind of asset it will be, if its content type does not say so.",
    "tus version": "Version of the tus protocol.",
    "offset": "Where in the file this part begins: how much of it is here.",
    "new offset": "How much of the file is here now.",
}

OTHERS: Mapping[str, str] = {"part taken": "The part is here, and outlasts whatever happens to the gateway."}

FIELDS: Mapping[tuple[str, str], str] = {
    ("UploadView", "UploadId"): "What ⑥ names it by, behind `upload://`.",
    ("UploadView", "Name"): "What the file is called.",
    ("UploadView", "Size"): "How many bytes it has.",
    ("UploadView", "Received"): "How many of them are here.",
    ("UploadView", "ContentType"): "What kind of file it is said to be.",
    ("UploadView", "AssetType"): "What kind of asset it can be. Absent when that was neither said nor seen.",
    ("UploadView", "State"): "`Uploading`: bytes are missing. `Complete`: ⑥ can name it.",
    ("UploadView", "Sha256"): "SHA-256 of the file. There when State is Complete.",
    ("UploadView", "ExpireTime"): "When it is deleted here. ISO 8601, UTC.",
    ("UploadList", "Items"): "The uploads.",
    ("UploadList", "NextToken"): "Asks for the uploads after these. Absent on the last page.",
}
