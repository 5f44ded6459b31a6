"""What the tests of the console share."""

import pytest

from tests.console.scene import Scene, set_scene
from tests.console.support import Desk, Person, first_person
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway


@pytest.fixture
def desk(gateway: RunningGateway) -> Desk:
    return Desk(gateway)


@pytest.fixture
async def ada(gateway: RunningGateway, desk: Desk) -> Person:
    """Return the first operator, who has set up a password and signed in at the desk."""
    person = await first_person(gateway)
    assert (await person.enroll(desk)).status == 200
    return person


@pytest.fixture
async def scene(gateway: RunningGateway, control: EmulatorControl, pictures: str) -> Scene:
    return await set_scene(gateway, control, pictures)
