"""A key that is revoked ends everywhere within two seconds."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from stagedoor.app import open_runtime
from stagedoor.clock import SystemClock
from stagedoor.keys.issue import issue_key, revoke_key
from stagedoor.tenants.store import get_tenant
from tests.events.reader import stream
from tests.scale.replicas import Replica, replicas
from tests.support.gateway import Api
from tests.support.stage import Stage
from tests.support.validation import start

pytestmark = pytest.mark.postgres
