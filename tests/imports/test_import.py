"""Many uploads in one request: each is made once, and each says what became of it."""

import asyncio

from tests.imports.conftest import PATH, Importer, pictures_of
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Api
from tests.support.story import ON_SQLITE, eventually, make_group


async def test_every_item_becomes_an_asset_or_says_why_not(
    importer: Importer, control: EmulatorControl, pictures: str
) -> None:
    items = pictures_of(12, pictures)
    items[2]["URL"] = "ftp://files.example/a.jpg"
    items[5]["GroupId"] = "group-20260601191715-zzzzz"
    items[7]["AssetType"] = "Video"
    items[9]["Name"] = "fail:ContentRestricted"
    whole = await importer.finish(await importer.begin(items))
    assert (whole["State"], whole["Total"]) == ("Completed", 12)
    assert whole["Counts"] == {
        "Pending": 0, "Creating": 0, "Processing": 0, "Active": 8, "Failed": 4, "Cancelled": 0
    }  # fmt: skip
    shown = await importer.items(whole["Id"])
    assert [item["Number"] for item in shown] == list(range(1, 13))
    failed = {item["Number"]: item["Error"]["Code"] for item in shown if item["State"] == "Failed"}
    assert failed == {3: "InvalidParameter.URL", 6: "NotFound.group_id", 8: "TypeMismatch", 10: "ContentRestricted"}
    listed = (await importer.api.ok("ListAssets", PageSize=100))["Items"]
    assert {asset["Id"] for asset in listed if asset["Status"] == "Active"} == {
        item["AssetId"] for item in shown if item["State"] == "Active"
    }
    assert [asset["Name"] for asset in listed if asset["Id"] == shown[0]["AssetId"]] == ["face 1"]
    # What could not be made cost no call.
    assert await control.calls("CreateAsset") == 10
    told = await importer.told_of_the_end()
    assert [event["Data"] for event in told] == [{"id": whole["Id"], "active": 8, "failed": 4, "cancelled": 0}]


async def test_the_items_are_listed_page_by_page_and_by_state(importer: Importer, pictures: str) -> None:
    items = pictures_of(5, pictures)
    items[1]["URL"] = items[3]["URL"] = "ftp://files.example/a.jpg"
    whole = await importer.finish(await importer.begin(items))
    path = f"{PATH}/{whole['Id']}/items"
    page = (await importer.api.send("GET", f"{path}?limit=2")).result
    assert ([item["Number"] for item in page["Items"]], page["NextCursor"], page["HasMore"]) == ([1, 2], "2", True)
    page = (await importer.api.send("GET", f"{path}?after=2&limit=3")).result
    assert ([item["Number"] for item in page["Items"]], page["HasMore"]) == ([3, 4, 5], False)
    assert [item["Number"] for item in await importer.items(whole["Id"], "state=Failed")] == [2, 4]
    for query in ("limit=0", "limit=1001", "after=x", "state=active", "limit=1&limit=2"):
        assert (await importer.api.send("GET", f"{path}?{query}")).status == 400


async def test_the_imports_are_listed_page_by_page_the_newest_first(
    importer: Importer, other_api: Api, pictures: str
) -> None:
    assert (await importer.api.send("GET", PATH)).result == {"Items": []}
    ids = [await importer.begin(pictures_of(count, pictures)) for count in (1, 2, 3)]
    whole = [await importer.finish(one) for one in ids]
    first = (await importer.api.send("GET", f"{PATH}?MaxResults=2")).result
    assert first["Items"] == [whole[2], whole[1]]
    rest = (await importer.api.send("GET", f"{PATH}?MaxResults=2&NextToken={first['NextToken']}")).result
    assert rest == {"Items": [whole[0]]}
    assert (await other_api.send("GET", PATH)).result == {"Items": []}
    theirs = await other_api.send("GET", f"{PATH}?MaxResults=2&NextToken={first['NextToken']}")
    assert theirs.code == "InvalidParameter.NextToken"
    for query in ("MaxResults=0", "MaxResults=101", "MaxResults=x", "NextToken=x", "MaxResults=1&MaxResults=1"):
        assert (await importer.api.send("GET", f"{PATH}?{query}")).status == 400


@ON_SQLITE
async def test_a_table_says_the_same_as_json(importer: Importer, pictures: str) -> None:
    other = await make_group(importer.api)
    table = f'﻿URL,AssetType,Name,GroupId,Note\r\n{pictures}a.jpg,Image,"a, b",,x\r\n{pictures}b.jpg,Image,,{other},\r\n'
    path = f"{PATH}?model={MODEL}&GroupId={importer.group_id}"
    sent = await importer.api.send("POST", path, data=table.encode(), content_type="text/csv; charset=utf-8")
    whole = await importer.finish(sent.result["Id"])
    shown = [(item["Name"], item["GroupId"], item["State"]) for item in await importer.items(whole["Id"])]
    assert shown == [("a, b", importer.group_id, "Active"), ("", other, "Active")]


@ON_SQLITE
async def test_what_cannot_be_an_import_is_refused_with_the_item_that_is_wrong(importer: Importer) -> None:
    good = {"URL": "https://never.example/a.jpg", "AssetType": "Image"}
    for items, code, said in (
        ([], "InvalidParameter.Items", ""),
        ([good] * 1001, "InvalidParameter.Items", ""),
        ([good, {**good, "AssetType": "image"}], "InvalidParameter.Items.AssetType", "Item 2: "),
        ([good, good, {"AssetType": "Image"}], "MissingParameter.Items.URL", "Item 3: "),
        ([{**good, "Name": "x" * 65}], "InvalidParameter.Items.Name", "Item 1: "),
        ([good, "x"], "InvalidParameter.Items", ""),
    ):
        answer = await importer.send(items)  # type: ignore[arg-type]  # also what no client should send
        assert (answer.status, answer.code) == (400, code)
        assert answer.error["Message"].startswith(said)
    answer = await importer.send([good], GroupId=None)
    assert answer.code == "MissingParameter.Items.GroupId"
    assert (await importer.send([good], model="unknown")).code == "InvalidParameter.model"
    for data, code in (
        (b"URL,AssetType\r\nhttps://never.example/a.jpg,Image", "MissingParameter.Items.GroupId"),
        (b"URL\r\nhttps://never.example/a.jpg", "MissingParameter.Items.AssetType"),
        (b"\xff", "InvalidParameter.Body"),
        (b'URL,AssetType\r\n"a,Image', "InvalidParameter.Body"),
        (b"URL,AssetType\r\n\0,Image", "InvalidParameter.Body"),
        (b"", "InvalidParameter.Items"),
        (b"URL" + b"," * 100_001, "InvalidParameter.Body"),
        (b"URL,AssetType" + b"\r\nhttps://never.example/a.jpg,Image" * 1001, "InvalidParameter.Items"),
    ):
        answer = await importer.api.send("POST", f"{PATH}?model={MODEL}", data=data, content_type="text/csv")
        assert (answer.status, answer.code) == (400, code), data
    answer = await importer.api.send("POST", PATH, data=b"URL", content_type="text/csv")
    assert answer.code == "MissingParameter.model"


async def test_the_same_key_begins_one_import_however_often_it_is_sent(importer: Importer, pictures: str) -> None:
    items, once = pictures_of(3, pictures), {"Idempotency_Key": "monday"}
    answers = await asyncio.gather(*(importer.send(items, headers=once) for _ in range(5)))
    assert len({answer.result["Id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 4
    assert (await importer.send(items[:2], headers=once)).code == "IdempotencyKeyReused"
    await importer.finish(answers[0].result["Id"])
    assert (await importer.send(items, headers=once)).result["State"] == "Completed"
    assert (await importer.api.ok("ListAssets"))["TotalCount"] == 3


async def test_an_import_that_is_stopped_begins_nothing_more(
    importer: Importer, control: EmulatorControl, pictures: str
) -> None:
    hold = await control.hold("CreateAsset")
    import_id = await importer.begin(pictures_of(30, pictures))
    await hold.wait()
    begun = await importer.api.send("POST", f"{PATH}/{import_id}/cancel")
    assert begun.result["State"] == "Cancelling"
    await hold.release()
    whole = await importer.finish(import_id)
    counts = whole["Counts"]
    assert (whole["State"], counts["Active"] + counts["Cancelled"]) == ("Cancelled", 30)
    assert 1 <= counts["Active"] <= 8
    assert await control.calls("CreateAsset") == counts["Active"]
    again = await importer.api.send("POST", f"{PATH}/{import_id}/cancel")
    assert (again.result["State"], again.result["CancelTime"]) == ("Cancelled", begun.result["CancelTime"])
    done = await importer.begin(pictures_of(1, pictures))
    await importer.finish(done)
    assert (await importer.api.send("POST", f"{PATH}/{done}/cancel")).code == "Conflict.import_id"


async def test_an_import_of_another_tenant_is_answered_like_none(
    importer: Importer, other_api: Api, pictures: str
) -> None:
    import_id = await importer.begin(pictures_of(1, pictures))
    for method, path in (("GET", ""), ("GET", "/items"), ("POST", "/cancel")):
        theirs = await other_api.send(method, f"{PATH}/{import_id}{path}")
        nobodys = await other_api.send(method, f"{PATH}/{import_id[:-1]}_{path}")
        assert (theirs.status, theirs.code, nobodys.code) == (404, "NotFound.import_id", "NotFound.import_id")
    # Nor do groups of others take anything, and the same key is another tenant's own.
    stranger = Importer(other_api, importer.group_id)
    assert (await stranger.send(pictures_of(1, pictures))).code == "NotFound.group_id"
    own = Importer(other_api, await make_group(other_api))
    whole = await own.finish(await own.begin([{**pictures_of(1, pictures)[0], "GroupId": importer.group_id}]))
    assert whole["Counts"]["Failed"] == 1
    assert (await own.items(whole["Id"]))[0]["Error"]["Code"] == "NotFound.group_id"


async def test_a_busy_library_is_waited_for_and_a_lost_answer_found(
    importer: Importer, control: EmulatorControl, pictures: str
) -> None:
    await control.fault("rate_limited", "CreateAsset", times=2, retry_after=1)
    await control.fault("reset_after", "CreateAsset")  # it has made that one
    whole = await importer.finish(await importer.begin(pictures_of(4, pictures)))
    assert whole["Counts"]["Active"] == 4
    assert (await importer.api.ok("ListAssets"))["TotalCount"] == 4


async def test_an_asset_that_is_deleted_before_it_is_active_fails_its_item(
    importer: Importer, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition={"mode": "after", "seconds": 3600})
    import_id = await importer.begin(pictures_of(1, pictures))

    async def is_made() -> bool:
        return bool(await importer.items(import_id, "state=Processing"))

    await eventually(is_made)
    [item] = await importer.items(import_id)
    await importer.api.ok("DeleteAsset", Id=item["AssetId"])
    await importer.finish(import_id)
    assert (await importer.items(import_id))[0]["Error"]["Code"] == "NotFound.asset_id"
