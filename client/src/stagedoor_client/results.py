"""What the twelve operations give."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stagedoor_client.reading import Result, mapping, moment, nested, string


@dataclass(frozen=True, kw_only=True)
class Group(Result):
    """An asset group; ``group_type`` is ``AIGC``, or ``LivenessFace`` for a real person."""

    id: str = string("Id")
    name: str = string("Name")
    title: str = string("Title")
    description: str = string("Description")
    group_type: str = string("GroupType")
    project_name: str = string("ProjectName")
    create_time: datetime | None = moment("CreateTime")
    update_time: datetime | None = moment("UpdateTime")


@dataclass(frozen=True, kw_only=True)
class Problem(Result):
    """Why an asset failed: a code of an open set, and a sentence."""

    code: str = string("Code")
    message: str = string("Message")


@dataclass(frozen=True, kw_only=True)
class Asset(Result):
    """An asset; ``status`` is ``Processing``, ``Active`` or ``Failed``, ``url`` presigned and there when it is Active."""

    id: str = string("Id")
    group_id: str = string("GroupId")
    name: str = string("Name")
    asset_type: str = string("AssetType")
    status: str = string("Status")
    url: str = string("URL", secret=True)
    error: Problem | None = nested("Error", Problem)
    moderation: Mapping[str, Any] = mapping("Moderation")
    project_name: str = string("ProjectName")
    create_time: datetime | None = moment("CreateTime")
    update_time: datetime | None = moment("UpdateTime")
    last_inference_time: datetime | None = moment("LastInferenceTime")

    @property
    def is_active(self) -> bool:
        return self.status == "Active"

    @property
    def is_failed(self) -> bool:
        return self.status in {"Failed", "Rejected"}

    @property
    def reference(self) -> str:
        """What a request to Seedance names the asset by."""
        return f"asset://{self.id}"


@dataclass(frozen=True, kw_only=True)
class Check(Result):
    """A real-person check that has begun. The link and the token are credentials: for the actor only, never in a log."""

    byted_token: str = string("BytedToken", secret=True)
    h5_link: str = string("H5Link", secret=True)
    callback_url: str = string("CallbackURL")

    @property
    def session_id(self) -> str:
        """The id that events have for this check; empty where the gateway gives none."""
        return self.response.headers.get("stagedoor-session-id", "")


@dataclass(frozen=True, kw_only=True)
class ExchangedGroup(Result):
    """The group that a passed check has earned."""

    group_id: str = string("GroupId")
    group_type: str = string("GroupType")


@dataclass(frozen=True, kw_only=True)
class Deleted(Result):
    """It is deleted."""
