"""What the OpenAPI documents say, in English. The Chinese is in ``openapi/zh.py``, found by these sentences."""

from collections.abc import Mapping

from stagedoor.doors.openapi import audit_texts as audit
from stagedoor.doors.openapi import events_texts as events
from stagedoor.doors.openapi import imports_texts as imports
from stagedoor.doors.openapi import invitations_texts as invitations
from stagedoor.doors.openapi import media_texts as media
from stagedoor.doors.openapi import uploads_texts as uploads

INTRODUCTION = """\
A gateway between your software and the private trusted asset library of Seedance 2.x (Volcengine Ark, BytePlus ModelArk).
A real person proves on a phone that the face is theirs and agrees; you get a `GroupId` for that person; what you upload
to the group becomes `asset://<AssetId>` references that video generation accepts.

**A fictional character:** ① create a group → ⑥ upload an asset → ⑧ look until it is `Active`.

**A real person:** ⑪ start a check → show the `H5Link` to the actor → ⑫ exchange the `BytedToken` for a `GroupId` → ⑥ upload.

**Keys.** Send `Authorization: Bearer sd_live_…` (or `sd_test_…`). A key has scopes; each operation names the one it needs.

**model** chooses the upstream account. It is required everywhere, in the body of POST and PATCH and in the query of GET and DELETE,
and is never sent upstream.

**Answers** are `{"ResponseMetadata": {…}, "Result": {…}}`. A field without a value is left out, never null. Optional fields of a
request may be left out or null; unknown fields are ignored.

**Errors** have an HTTP status of 4xx or 5xx and `ResponseMetadata.Error` with `Code`, `Message` and `Retry`:

| Retry | What to do |
|---|---|
| `never` | Change the request. |
| `same_request` | Send the very same request again, after `Retry-After` when it is there. |
| `new_session` | Start a new real-person check with ⑪. |
| `later` | Try again later, after `Retry-After` when it is there. |

**Idempotency.** ①, ⑥ and ⑪ make something new at every call. Send an `Idempotency-Key` and repeat without fear: a repeated key
answers what the first request answered.

**Official SDKs.** The same twelve operations answer `POST /?Action=…&Version=2024-01-01` (and the same under `/api/v3/`), signed with an access key
pair of this gateway or with the Bearer key. There `model` is optional and the `Id` stands in the body.

**RequestId.** Every answer repeats its `RequestId` in the header `X-Request-Id`. Quote it when you ask the operator.
"""

TAGS: Mapping[str, str] = {
    "Asset groups": "①–⑤ A group is the folder of one character or one person.",
    "Assets": "⑥–⑩ Pictures, videos and voices in a group.",
    "Real-person check": "⑪ ⑫ From an actor's face check to that person's group.",
    **uploads.TAGS,
    **events.TAGS,
    **audit.TAGS,
    **invitations.TAGS,
    **imports.TAGS,
    **media.TAGS,
    "Service": "The page that browsers return to, and the gateway's health.",
    "Administration": "Channels, tenants and keys, for operators with an `sd_admin_…` key.",
}

OPERATIONS: Mapping[str, str] = {
    "CreateAssetGroup": "Makes an empty group for a fictional character. Groups of real persons come from ⑪ and ⑫.",
    "ListAssetGroups": "Lists your own groups, page by page: by `PageNumber` and `PageSize`, or by `MaxResults` and `NextToken`. "
    "The two ways exclude one another. Numbered pages reach 10 000 rows.",
    "GetAssetGroup": "Answers with one of your groups.",
    "UpdateAssetGroup": "Changes the name, the description or both; what is left out stays. "
    "The `Id` in the body must be the one in the path.",
    "DeleteAssetGroup": "Deletes the group and all its assets. This cannot be undone. "
    "The asset library may refuse it for a real person's group whose authorisation is still valid.",
    "CreateAsset": "Hands a public address to the asset library, or one of an upload that is here, which downloads and checks the file. "
    "The asset is `Processing` at first: look with ⑧ until it is `Active` or `Failed`. "
    "In a real person's group every picture is compared with that person's face.",
    "ListAssets": "Lists your own assets, page by page: by `PageNumber` and `PageSize`, or by `MaxResults` and `NextToken`. "
    "The two ways exclude one another. Numbered pages reach 20 000 rows.",
    "GetAsset": "Answers with one of your assets. `Active` and `Failed` are final and come from our record; `Processing` is at most "
    "a second old. Send `Cache-Control: no-cache` for a fresh look.",
    "UpdateAsset": "Changes the name of an asset; nothing else of it can be changed. The `Id` in the body must be the one in the path.",
    "DeleteAsset": "Deletes the asset. This cannot be undone.",
    "CreateVisualValidateSession": "Answers with a link for the actor's phone. The link works for about 120 seconds and once only, so start the "
    "check when the actor is ready. Afterwards the browser goes to your `CallbackURL` with `bytedToken` and `resultCode` "
    "(10000: passed); those parameters are a hint and prove nothing, ⑫ does. The header `Stagedoor-Session-Id` is the id under "
    "which events tell of this session.",
    "GetVisualValidateResult": "Turns a passed face check into the person's group. Safe to repeat, for ever and from any number of places: "
    "the first success is kept, and every repetition answers the same `GroupId`.",
    "callback": "Where the asset library sends the actor's browser after the face check. It records the outcome, starts the exchange and "
    "sends the browser on to the `CallbackURL` of ⑪. Programs do not call it.",
    "getHealth": "Answers as long as the process lives.",
    "getReadiness": "Answers 200 when the gateway can do its work, 503 when it cannot reach its database.",
    **uploads.OPERATIONS,
    **events.OPERATIONS,
    **audit.OPERATIONS,
    **imports.OPERATIONS,
    **media.OPERATIONS,
    **invitations.OPERATIONS,
}

SUMMARIES: Mapping[str, str] = {
    "callback": "Return from the face check",
    "getHealth": "The process lives",
    "getReadiness": "The gateway can work",
    "ListChannels": "List channels",
    "CreateChannel": "Add a channel",
    "GetChannel": "Get a channel by name or id",
    "UpdateChannel": "Change, drain, disable or enable a channel",
    "ListTenants": "List tenants",
    "CreateTenant": "Add a tenant",
    "UpdateTenant": "Limit how often a tenant may call with all of its keys",
    "ListKeys": "List a tenant's API keys",
    "CreateKey": "Make an API key; its secret is shown once",
    "UpdateKey": "Limit how often an API key may call",
    "RevokeKey": "Revoke an API key; it stops working everywhere within two seconds",
    "ListJobs": "Count the work that is owed, and list what is not tried any more",
    "RetryJob": "Try a job at once, dead or not",
    "ListCases": "List the face checks whose group an operator has to tell",
    "GetCase": "Get a case",
    "ResolveCase": "Decide which group a case's face check has, or that it has none",
    **uploads.SUMMARIES,
    **events.SUMMARIES,
    **audit.SUMMARIES,
    **imports.SUMMARIES,
    **media.SUMMARIES,
}

PARAMETERS: Mapping[str, str] = {
    "model": "Selects the channel (upstream account); never sent upstream.",
    "ProjectName": "Only find the object when it is in this project.",
    "group": "The group's Id, from ①, ② or ⑫.",
    "asset": "The asset's Id, from ⑥ or ⑦.",
    "Idempotency-Key": "1 to 255 printable ASCII characters of your choice, one per thing to be made. The same key with the same body answers "
    "the first request's answer, with `Idempotency-Replayed: true`; with another body it is refused.",
    "X-Request-Id": "Your own name for this call: 1 to 64 letters, digits, `-` and `_`. It becomes the RequestId; anything else is ignored.",
    "Cache-Control": "`no-cache` asks for a look that does not come from memory.",
    "state": "The secret that was put into the link's return address.",
    "bytedToken": "The session's token. Another session's token changes nothing.",
    "resultCode": "10000: passed. Anything else: not passed.",
    "algorithmBaseRespCode": "0: passed. A reason for everything else.",
    "reqMeasureInfoValue": "Whether the check was billed: 0 or 1.",
    "verify_type": "How the check was made.",
    "channel": "The channel's name or id.",
    "tenant": "The tenant's id.",
    "key": "The key's id.",
    "job": "The job's id: its kind, a colon and its key.",
    "case": "The case's id.",
    "per page": "Items per answer.",
    "page after": "The `NextToken` of an earlier answer.",
    **uploads.PARAMETERS,
    **events.PARAMETERS,
    **audit.PARAMETERS,
    **imports.PARAMETERS,
    **media.PARAMETERS,
    **invitations.PARAMETERS,
}

HEADERS: Mapping[str, str] = {
    "RequestId": "The RequestId of the answer.",
    "RetryAfter": "Whole seconds to wait before the next try.",
    "RateLimit": "How many calls are left under the limits of the key and its tenant (`r`), and the seconds until all are again (`t`). "
    "Absent where there is no limit.",
    "RateLimitPolicy": "The limits of the key and its tenant: so many calls (`q`) in so many seconds (`w`). Absent where there is no limit.",
    "Allow": "The methods this path answers.",
    "IdempotencyReplayed": "`true` when the answer is the one of an earlier request with this key; otherwise absent.",
    "ExistingAsset": "`true` when nothing was made: the group has an asset of the same content, which is answered. Absent otherwise.",
    "SessionId": "The id under which events tell of this session.",
    "WWWAuthenticate": "How to authenticate.",
    "Location": "The `CallbackURL` of ⑪ with the official parameters.",
}

OTHERS: Mapping[str, str] = {
    **uploads.OTHERS,
    "answer": "The envelope with the Result.",
    "sent on": "The browser is sent on.",
    "unknown link": "No session has this state and token; a page says so in three languages.",
    "well": "Everything is well.",
    "root": "The address this document comes from.",
    "public": "The public address of this gateway.",
    "bearer": "An API key: `sd_live_…` or `sd_test_…` for a tenant, `sd_admin_…` for the administration.",
}

# (struct, field) before ("", field); a description in the contract stands between the two.
FIELDS: Mapping[tuple[str, str], str] = {
    (
        "CreateAssetGroup",
        "GroupType",
    ): "Only `AIGC` can be created; it is the default. `LivenessFace` groups come from ⑪ and ⑫.",
    ("CreateAssetGroup", "Name"): "Name of the group.",
    ("UpdateAssetGroup", "Name"): "New name of the group.",
    ("UpdateAssetGroup", "Id"): "The same as in the path.",
    ("UpdateAsset", "Id"): "The same as in the path.",
    ("UpdateAsset", "Name"): "New name of the asset; may be empty.",
    ("CreateAsset", "GroupId"): "The group to upload to: the `Id` from ①, or the `GroupId` from ⑫ for a real person.",
    ("CreateAsset", "Name"): "A remark by which ⑦ finds the asset.",
    ("Group", "Id"): "The group's id, as the asset library gave it.",
    ("Asset", "Id"): "The asset's id, as the asset library gave it. Use it as `asset://<Id>`.",
    ("Asset", "Status"): "`Processing` until the file has been checked, then `Active` or `Failed` for good.",
    ("Asset", "URL"): "Presigned address of the file; there while Status is `Active`. Valid for 12 hours at most.",
    ("Asset", "LastInferenceTime"): "When a video task last used the asset. ISO 8601, UTC.",
    ("AssetError", "Code"): "Why the file was refused. The set is open.",
    ("AssetError", "Message"): "The asset library's words about it.",
    ("GroupPage", "PageNumber"): "The page answered. Page mode only.",
    ("GroupPage", "PageSize"): "Rows per page. Page mode only.",
    ("GroupPage", "NextToken"): "Asks for the next page. Cursor mode only; absent on the last page.",
    ("AssetPage", "PageNumber"): "The page answered. Page mode only.",
    ("AssetPage", "PageSize"): "Rows per page. Page mode only.",
    ("AssetPage", "NextToken"): "Asks for the next page. Cursor mode only; absent on the last page.",
    ("Session", "BytedToken"): "A credential of this one check; ⑫ exchanges it.",
    ("Session", "CallbackURL"): "As it was sent.",
    ("ExchangedGroup", "GroupId"): "The person's group; ⑥ uploads to it.",
    ("ExchangedGroup", "Id"): "The same as GroupId.",
    ("GetVisualValidateResult", "BytedToken"): "From ⑪.",
    ("GetVisualValidateResult", "ProjectName"): "The project the session was started in; may be left out.",
    ("ErrorBody", "Code"): "A family and, behind a dot, the parameter or object concerned: `InvalidParameter.URL`.",
    ("ErrorBody", "Message"): "What is wrong and what to change, in English.",
    ("ErrorBody", "CodeN"): "The official number of the code, if it has one. Only under `/?Action=…`.",
    ("NewKey", "AccessKey"): "Make an access key and a secret key as well, which sign requests of the official SDKs.",
    ("KeyView", "AccessKey"): "The access key of the pair that signs requests, if the key has one.",
    ("KeyView", "SecretKey"): "The secret key of the pair. Shown in this answer only.",
    ("ErrorBody", "Retry"): "Whether trying again helps.",
    ("ErrorBody", "Upstream"): "What the asset library itself said, where it spoke.",
    ("UpstreamFault", "Code"): "The asset library's own error code.",
    ("UpstreamFault", "RequestId"): "The asset library's own RequestId.",
    ("NewTenant", "ProjectName"): "Binds everything the tenant owns to one project of the upstream account.",
    ("TenantView", "ProjectName"): "The project everything of the tenant is bound to.",
    ("JobCountView", "Waiting"): "Jobs that nobody is at work on, due now or later.",
    ("JobCountView", "Running"): "Jobs at work.",
    (
        "JobCountView",
        "Dead",
    ): "Jobs that brought their process down, or failed in a way nobody foresaw, too often to be tried again.",
    ("JobCountView", "OldestDueTime"): "When the job that has waited longest could have been taken. ISO 8601, UTC.",
    ("JobView", "TenantId"): "Whose work it is.",
    ("JobView", "Failures"): "How often in a row it failed.",
    ("JobView", "Error"): "The error it failed with last.",
    ("JobList", "Counts"): "A row for every kind there is work of.",
    ("JobList", "Dead"): "The oldest dead jobs, 100 at most.",
    ("CaseView", "TenantId"): "The tenant whose face check it is.",
    ("CaseView", "SessionId"): "The face check.",
    ("CaseView", "ChannelId"): "The upstream account it was made on.",
    ("CaseView", "Candidates"): "The groups it may be: made in its time, owned by nobody here.",
    ("CaseView", "Rivals"): "Other face checks that may own those groups.",
    ("CaseView", "OpenTime"): "When it was left to an operator. ISO 8601, UTC.",
    ("CaseView", "ResolveTime"): "When it was decided. ISO 8601, UTC.",
    ("CaseView", "GroupId"): "The group that was decided for; absent when there is none.",
    ("Resolution", "GroupId"): "The group that is this person's.",
    ("Resolution", "NoGroup"): "There is none: the actor has to do the check again.",
    **uploads.FIELDS,
    **events.FIELDS,
    **audit.FIELDS,
    **imports.FIELDS,
    **media.FIELDS,
    **invitations.FIELDS,
    ("", "ProjectName"): "Project of the upstream account.",
    ("", "Name"): "The name.",
    ("", "Title"): "The same as Name.",
    ("", "Description"): "A description.",
    ("", "GroupType"): "`AIGC`: a fictional character. `LivenessFace`: a real person who passed a face check.",
    ("", "GroupId"): "The group's id.",
    ("", "AssetType"): "What kind of file it is.",
    ("", "Moderation"): "How the asset library checks the content.",
    ("", "Strategy"): "`Skip` works only where the upstream account allows it.",
    ("", "Filter"): "Conditions that all have to hold.",
    ("", "GroupIds"): "Only these groups.",
    ("", "AssetIds"): "Only these assets.",
    ("", "Statuses"): "Only assets in these states.",
    ("", "PageSize"): "Rows per page; 10 when left out. Not together with MaxResults or NextToken.",
    ("", "SortBy"): "What to sort by; CreateTime when left out.",
    ("", "SortOrder"): "Desc when left out.",
    ("", "Items"): "The rows of this page.",
    ("", "TotalCount"): "Rows on all pages. Page mode only.",
    ("", "Error"): "What went wrong.",
    ("", "RequestId"): "Names this call in the operator's log.",
    ("", "Action"): "The operation's official name.",
    ("", "Version"): "Version of the official API.",
    ("", "Service"): "Name of the official service.",
    ("", "Region"): "Region of the upstream account.",
    ("", "Id"): "The id.",
    (
        "",
        "RateLimit",
    ): "How often it may call: `100/s`, `6000/m`, `1000/h` or `9/d`; `off`: as often as it likes. Absent or null: what the gateway's setting says.",
    ("", "Kind"): "Which kind it is.",
    ("", "Endpoint"): "Where the upstream is: an http(s) address.",
    ("", "Models"): "The values of `model` it serves.",
    ("", "Priority"): "Of several channels with the same model the highest priority is chosen.",
    (
        "",
        "Limits",
    ): 'Calls an action may make in so many seconds: `{"CreateAsset": [120, 60]}`. What is left out keeps its default.',
    ("", "AccessKey"): "Access key of the upstream account; for `ark` and `emulator`.",
    ("", "SecretKey"): "Secret key of the upstream account. Sealed, never shown.",
    ("", "SessionToken"): "Token of short-lived upstream credentials.",
    ("", "ApiKey"): "Bearer key of another gateway; for `dialect`.",
    ("", "Credentials"): "Replaces the credentials as a whole.",
    ("", "Weight"): "Its share among channels of equal priority: twice the weight, twice as often.",
    ("", "Tenants"): "Whose new groups and sessions it takes: ids of tenants; everybody's when left out or null.",
    (
        "",
        "State",
    ): "`draining`: no new groups and sessions, everything that is there goes on. `disabled`: nothing is added, no assets either.",
    ("", "Disabled"): "Whether State is `disabled`. Older than State; not together with it.",
    ("", "Health"): "How the process that answers sees the channel.",
    (
        "HealthView",
        "Status",
    ): "`fit`: chosen for what is new. `doubtful`: it refused something new a while ago; the next new thing finds out. `down`: no answers; it is probed every second. `refuses`: passed over.",
    ("", "Breaker"): "`open`: calls are answered with UpstreamUnavailable at once, but for one a second.",
    ("", "Conditions"): "What its account was found to be, by any process, until a call proves otherwise.",
    ("ConditionView", "Kind"): "What it is: CredentialsRefused, GroupsFull and so on.",
    ("ConditionView", "Action"): "The operation that was refused; `*`: whatever is asked.",
    ("ConditionView", "Code"): "The code as the upstream said it.",
    ("", "Blocks"): "Whether it keeps new groups and sessions away while it is fresh.",
    ("", "Remedy"): "What an operator does about it.",
    ("", "SinceTime"): "When it was met first. ISO 8601, UTC.",
    ("", "LastSeenTime"): "When it was met last. ISO 8601, UTC.",
    ("", "Scopes"): "What the key may do; everything a tenant may do when left out.",
    ("", "ExpiresAt"): "When the key stops working; never when left out. ISO 8601 with an offset.",
    ("", "ExpireTime"): "When the key stops working. ISO 8601, UTC.",
    ("", "RevokeTime"): "When the key was revoked. ISO 8601, UTC.",
    ("", "CreateTime"): "When it was made. ISO 8601, UTC.",
    ("", "UpdateTime"): "When it was last changed. ISO 8601, UTC.",
    ("", "Hint"): "The last four characters of the secret.",
    ("", "Secret"): "The API key itself. Shown in this answer only.",
}
