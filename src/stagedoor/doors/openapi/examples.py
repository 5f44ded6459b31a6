"""Requests and answers to show in the OpenAPI documents: one character, one real person, their files."""

from collections.abc import Mapping
from typing import Any

import msgspec

from stagedoor.channels.conditions import REMEDIES
from stagedoor.contract import fields, results
from stagedoor.doors import (
    admin,
    admin_channels,
    admin_work,
)
from stagedoor.doors.openapi import (
    audit_examples,
    events_examples,
    imports_examples,
    invitations_examples,
    media_examples,
    uploads_examples,
)
from stagedoor.media.rules import MediaRules

MODEL = "doubao-seedance-2-0-260128"
GROUP_ID = "group-20260601191715-9q47m"
PERSON_ID = "group-20260331145705-7vw4m"
ASSET_ID = "asset-20260602153912-kctzf"
BYTED_TOKEN = "202603311449168C23BA26XXXXXXXX"  # noqa: S105 - a sample, no secret
CALLBACK_URL = "https://your-app.com/volc-auth-done"

Requests = Mapping[str, Mapping[str, dict[str, Any]]]
Results = Mapping[str, Mapping[str, msgspec.Struct]]

REQUESTS: Requests = {
    **events_examples.REQUESTS,
    **invitations_examples.REQUESTS,
    **imports_examples.REQUESTS,
    **media_examples.REQUESTS,
    "CreateAssetGroup": {
        "A fictional character": {
            "model": MODEL,
            "Name": "my_virtual_group",
            "Description": "Lead of the pilot episode",
            "GroupType": "AIGC",
        },
        "As little as possible": {"model": MODEL, "Name": "my_virtual_group"},
    },
    "ListAssetGroups": {
        "Numbered pages": {
            "model": MODEL,
            "Filter": {"Name": "virtual", "GroupType": "AIGC"},
            "PageNumber": 1,
            "PageSize": 10,
            "SortBy": "CreateTime",
            "SortOrder": "Desc",
        },
        "By token": {"model": MODEL, "Filter": {"GroupType": "LivenessFace"}, "MaxResults": 50},
    },
    "UpdateAssetGroup": {
        "Rename and describe": {"model": MODEL, "Id": GROUP_ID, "Name": "renamed_group", "Description": "updated"},
    },
    "CreateAsset": {
        "A picture": {
            "model": MODEL,
            "GroupId": GROUP_ID,
            "URL": "https://picsum.photos/800/1200.jpg",
            "AssetType": "Image",
            "Name": "full-body",
        },
        "A voice": {
            "model": MODEL,
            "GroupId": GROUP_ID,
            "URL": "https://media.your-app.com/voices/lead.mp3",
            "AssetType": "Audio",
            "Name": "voice",
        },
    },
    "ListAssets": {
        "Numbered pages": {
            "model": MODEL,
            "Filter": {"GroupIds": [GROUP_ID], "GroupType": "AIGC", "Statuses": ["Active", "Processing"]},
            "PageNumber": 1,
            "PageSize": 10,
            "SortBy": "GroupId",
            "SortOrder": "Asc",
        },
        "By token": {"model": MODEL, "Filter": {"GroupIds": [GROUP_ID]}, "MaxResults": 50},
    },
    "UpdateAsset": {"Rename": {"model": MODEL, "Id": ASSET_ID, "Name": "front view"}},
    "CreateVisualValidateSession": {"A check in English": {"model": MODEL, "CallbackURL": CALLBACK_URL, "Lng": "en"}},
    "GetVisualValidateResult": {"A passed check": {"model": MODEL, "BytedToken": BYTED_TOKEN}},
    "CreateChannel": {
        "Volcengine Ark": {
            "Name": "beijing",
            "Kind": "ark",
            "Endpoint": "https://ark.cn-beijing.volcengineapi.com",
            "Models": [MODEL],
            "AccessKey": "<access key>",
            "SecretKey": "<secret key>",
        },
    },
    "UpdateChannel": {"Disable": {"Disabled": True}},
    "CreateTenant": {"A studio": {"Name": "Studio North"}},
    "UpdateTenant": {"A hundred calls a second": {"RateLimit": "100/s"}, "As the setting says": {"RateLimit": None}},
    "UpdateKey": {"As often as it likes": {"RateLimit": "off"}},
    "CreateKey": {
        "A test key": {"Name": "continuous integration", "Kind": "test", "Scopes": ["groups:read", "assets:read"]},
        "For an official SDK": {"Name": "render farm", "AccessKey": True},
    },
    "ResolveCase": {"The group is known": {"GroupId": PERSON_ID}, "There is none": {"NoGroup": True}},
}

_CHARACTER = results.Group(
    Id=GROUP_ID,
    Name="my_virtual_group",
    Title="my_virtual_group",
    Description="Lead of the pilot episode",
    GroupType="AIGC",
    ProjectName="default",
    CreateTime="2026-06-01T11:17:15Z",
    UpdateTime="2026-06-01T11:17:15Z",
)
_RENAMED = msgspec.structs.replace(
    _CHARACTER, Name="renamed_group", Title="renamed_group", Description="updated", UpdateTime="2026-06-01T12:40:03Z"
)
_PERSON = msgspec.structs.replace(
    _CHARACTER,
    Id=PERSON_ID,
    Name="",
    Title="",
    Description="",
    GroupType="LivenessFace",
    CreateTime="2026-03-31T06:57:05Z",
    UpdateTime="2026-03-31T06:57:05Z",
)
_PROCESSING = results.Asset(
    Id=ASSET_ID,
    GroupId=GROUP_ID,
    Name="full-body",
    AssetType="Image",
    Status="Processing",
    ProjectName="default",
    CreateTime="2026-06-02T07:39:12Z",
    UpdateTime="2026-06-02T07:39:12Z",
    Moderation=fields.Moderation(),
)
_ACTIVE = msgspec.structs.replace(
    _PROCESSING,
    Status="Active",
    UpdateTime="2026-06-02T07:39:31Z",
    URL="https://media.example.com/2100000000/full-body.jpg?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Date=20260602T080000Z"
    "&X-Tos-Expires=43200&X-Tos-SignedHeaders=host&X-Tos-Signature=0f1e2d3c",
)
_FAILED = msgspec.structs.replace(
    _PROCESSING,
    GroupId=PERSON_ID,
    Status="Failed",
    UpdateTime="2026-06-02T07:39:31Z",
    Error=results.AssetError(Code="FaceMismatch", Message="Face consistency verification failed."),
)
_CHANNEL = admin_channels.ChannelView(
    id="ch_2Nf8vQxW0sKpLm4RtYz7Ab",
    name="beijing",
    kind="ark",
    endpoint="https://ark.cn-beijing.volcengineapi.com",
    region="cn-beijing",
    project_name="default",
    models=(MODEL,),
    priority=0,
    weight=1,
    limits={},
    media_rules=MediaRules(),
    state="enabled",
    disabled=False,
    health=admin_channels.HealthView(status="fit", breaker="closed", conditions=[]),
    create_time="2026-06-01T08:00:00Z",
    update_time="2026-06-01T08:00:00Z",
)
_FULL = msgspec.structs.replace(
    _CHANNEL,
    health=admin_channels.HealthView(
        status="refuses",
        breaker="closed",
        conditions=[
            admin_channels.ConditionView(
                kind="GroupsFull",
                action="CreateAssetGroup",
                code="AssetGroupLimitExceeded",
                blocks=True,
                remedy=REMEDIES["GroupsFull"],
                since_time="2026-06-01T08:20:00Z",
                last_seen_time="2026-06-01T08:31:00Z",
            )
        ],
    ),
)
_TENANT = admin.TenantView(id="tn_7Gh3kLmN9pQrS1tUvW5xYz", name="Studio North", create_time="2026-06-01T08:05:00Z")
_KEY = admin.KeyView(
    id="key_4BcD6eFgH8jKlM0nPqR2sT",
    name="continuous integration",
    kind="test",
    hint="x7Qe",
    scopes=("assets:read", "groups:read"),
    create_time="2026-06-01T08:06:00Z",
)
_COUNT = admin_work.JobCountView(kind="exchange", waiting=3, running=1, dead=1, oldest_due_time="2026-06-01T08:59:58Z")
_DEAD = admin_work.JobView(
    id="exchange:vs_1aB2cD3eF4gH5jK6mN7pQr",
    kind="exchange",
    tenant_id=_TENANT.id,
    failures=10,
    error="Crashed",
    create_time="2026-06-01T08:30:00Z",
)
_CASE = admin_work.CaseView(
    id="case_9xY8wV7uT6sR5qP4nM3kJh",
    tenant_id=_TENANT.id,
    session_id="vs_1aB2cD3eF4gH5jK6mN7pQr",
    channel_id=_CHANNEL.id,
    project_name="default",
    candidates=(PERSON_ID, "group-20260601165803-q2w9e"),
    rivals=("vs_2bC3dE4fG5hJ6kL7nP8qRs",),
    open_time="2026-06-01T09:00:00Z",
)

RESULTS: Results = {
    **audit_examples.RESULTS,
    **imports_examples.RESULTS,
    **media_examples.RESULTS,
    **events_examples.RESULTS,
    **invitations_examples.RESULTS,
    **uploads_examples.RESULTS,
    "CreateAssetGroup": {"Created": _CHARACTER},
    "ListAssetGroups": {
        "Numbered pages": results.GroupPage(Items=[_CHARACTER], TotalCount=1, PageNumber=1, PageSize=10),
        "By token": results.GroupPage(Items=[_PERSON], NextToken="eyJhIjoxfQ"),
    },
    "GetAssetGroup": {"A fictional character": _CHARACTER, "A real person": _PERSON},
    "UpdateAssetGroup": {"Changed": _RENAMED},
    "DeleteAssetGroup": {"Deleted": results.Empty()},
    "CreateAsset": {"Accepted": _PROCESSING},
    "ListAssets": {
        "Numbered pages": results.AssetPage(Items=[_ACTIVE, _FAILED], TotalCount=2, PageNumber=1, PageSize=10),
        "By token": results.AssetPage(Items=[_ACTIVE], NextToken="eyJhIjoyfQ"),
    },
    "GetAsset": {"Active": _ACTIVE, "Processing": _PROCESSING, "Failed": _FAILED},
    "UpdateAsset": {"Renamed": msgspec.structs.replace(_ACTIVE, Name="front view")},
    "DeleteAsset": {"Deleted": results.Empty()},
    "CreateVisualValidateSession": {
        "Started": results.Session(
            BytedToken=BYTED_TOKEN,
            H5Link=f"https://h5.example.com/?bytedToken={BYTED_TOKEN}&lng=en",
            CallbackURL=CALLBACK_URL,
        )
    },
    "GetVisualValidateResult": {"Exchanged": results.ExchangedGroup(GroupId=PERSON_ID, Id=PERSON_ID)},
    "ListChannels": {"One channel": admin_channels.ChannelList(items=[_CHANNEL])},
    "CreateChannel": {"Added": _CHANNEL},
    "GetChannel": {"A channel": _CHANNEL, "A full one": _FULL},
    "UpdateChannel": {"Disabled": msgspec.structs.replace(_CHANNEL, state="disabled", disabled=True)},
    "ListTenants": {"One tenant": admin.TenantList(items=[_TENANT])},
    "CreateTenant": {"Added": _TENANT},
    "UpdateTenant": {"Limited": msgspec.structs.replace(_TENANT, rate_limit="100/s")},
    "ListKeys": {"One key": admin.KeyList(items=[_KEY])},
    "CreateKey": {"Made": msgspec.structs.replace(_KEY, secret="sd_test_<30 letters and digits>")},  # noqa: S106 - a sample
    "UpdateKey": {"Unlimited": msgspec.structs.replace(_KEY, rate_limit="off")},
    "RevokeKey": {"Revoked": results.Empty()},
    "ListJobs": {"Some work": admin_work.JobList(counts=[_COUNT], dead=[_DEAD])},
    "RetryJob": {"Tried again": results.Empty()},
    "ListCases": {"One case": admin_work.CaseList(items=[_CASE])},
    "GetCase": {"A case": _CASE},
    "ResolveCase": {"Decided": msgspec.structs.replace(_CASE, resolve_time="2026-06-01T09:30:00Z", group_id=PERSON_ID)},
}
