"""What the OpenAPI documents say about bulk imports, in English. The Chinese is in ``openapi/imports_zh.py``."""

from collections.abc import Mapping

TAGS: Mapping[str, str] = {"Bulk import": "Up to a thousand uploads in one request, with a result for each."}

OPERATIONS: Mapping[str, str] = {
    "CreateImport": "Takes over up to 1,000 uploads, as JSON or as a table (`text/csv`) whose header line names `URL`, `AssetType`, `Name` and `GroupId`; "
    "with a table, `model` and the `GroupId` of all stand in the query. Each item is made as ⑥ would make it, once, whatever happens to the gateway meanwhile, "
    "in those places under the upstream account's limits that other calls leave free. With an `Idempotency-Key` a repeated request answers with the import that the first one began. "
    "The event `import.completed` tells the end.",
    "ListImports": "Answers with the bulk imports, the newest first, each with how far it is.",
    "GetImport": "Answers how far an import is.",
    "ListImportItems": "Answers with the items of an import in the order of the request, each with its asset or with the error that ⑥ would have answered.",
    "CancelImport": "Begins nothing of an import any more. What has gone over to the asset library already goes on. Safe to repeat.",
}

SUMMARIES: Mapping[str, str] = {
    "CreateImport": "Upload many assets",
    "ListImports": "List bulk imports",
    "GetImport": "Get a bulk import",
    "ListImportItems": "List the items of a bulk import",
    "CancelImport": "Stop a bulk import",
}

PARAMETERS: Mapping[str, str] = {
    "import": "The import's Id.",
    "import after": "An item's number or the `NextCursor` of an earlier answer; `0` is before the first item.",
    "import limit": "Items per answer.",
    "import state": "Only the items in this state.",
    "import model": "With a table, in place of the body's `model`.",
    "import GroupId": "With a table, in place of the body's `GroupId`.",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("CreateImport", "Items"): "1 to 1,000 uploads.",
    ("ImportItem", "AssetType"): "What the file is.",
    ("ImportItem", "Name"): "At most 64 characters.",
    ("ImportView", "Id"): "The import.",
    (
        "ImportView",
        "State",
    ): "`Running`; `Cancelling`: stopped, and what had been begun comes to its end; `Completed`; `Cancelled`.",
    ("ImportView", "Total"): "How many items it has.",
    ("ImportView", "Counts"): "How many items are in each state.",
    ("ImportView", "CancelTime"): "When it was stopped. ISO 8601, UTC.",
    ("ImportView", "FinishTime"): "When the last item came to its end. ISO 8601, UTC.",
    ("ImportCounts", "Pending"): "Nothing was done about them yet.",
    (
        "ImportCounts",
        "Creating",
    ): "The asset library is being asked for them, or its answer was lost and is looked for.",
    ("ImportCounts", "Processing"): "The asset library has them and looks at them.",
    ("ImportCounts", "Active"): "They can be used.",
    ("ImportCounts", "Failed"): "They were not accepted.",
    ("ImportCounts", "Cancelled"): "They were not begun, because the import was stopped.",
    ("ImportList", "Items"): "The imports, the newest first.",
    ("ImportList", "NextToken"): "Asks for the imports after these. Absent on the last page.",
    ("ImportItemList", "Items"): "The items, in the order of the request.",
    ("ImportItemList", "NextCursor"): "Ask on with `after` set to this. Absent when there is no item.",
    ("ImportItemList", "HasMore"): "Whether there are more.",
    ("ImportItemView", "Number"): "Its place in the request, from 1.",
    ("ImportItemView", "GroupId"): "Where it goes.",
    ("ImportItemView", "AssetType"): "What the file is said to be.",
    ("ImportItemView", "Name"): "The asset's name.",
    ("ImportItemView", "State"): "How far it is; the states are those of `Counts`.",
    ("ImportItemView", "AssetId"): "The asset it has become.",
    (
        "ImportItemView",
        "Error",
    ): "Why it failed: what ⑥ would have answered, or what the asset library said of the file.",
    ("ItemError", "Code"): "The error code.",
    ("ItemError", "Message"): "What it means.",
}
