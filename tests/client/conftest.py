"""The Python client before the deployed gateway: both of its faces, one after the other."""

from collections.abc import AsyncIterator

import pytest

from tests.client.faces import FACES, Face, open_face
from tests.support.gateway import Api


@pytest.fixture(params=FACES)
def face_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def face(face_kind: str, api: Api) -> AsyncIterator[Face]:
    async with open_face(face_kind, api.url, api.key) as made:
        yield made
