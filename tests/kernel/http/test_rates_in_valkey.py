"""Rates counted in a real Valkey, or in the Redis that it came from, shared by several processes of the api."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast.kernel import ids
from tests.kernel.http.conftest import OpenClient
from tests.kernel.http.test_problems import problem

SERVER = shutil.which("valkey-server") or shutil.which("redis-server")
LONG = 3_000_000_000


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a Valkey of the test's own, which keeps nothing."""
    if SERVER is None:
        pytest.skip("Neither valkey-server nor redis-server is installed; .ci/run installs one.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path))
    process = await asyncio.create_subprocess_exec(SERVER, *arguments, stdout=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    await writer.wait_closed()
                    break
        yield f"valkey://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.meets("W53", "I130", "L89")
async def test_two_processes_count_together(opened: OpenClient, valkey: str) -> None:
    address = (f"2001:db8:{ids.new().hex[-4:]}:{ids.new().hex[-4:]}::1", 1)
    limits = {"rate_limit_requests": 3, "rate_limit_seconds": LONG, "rate_limit_storage": valkey}
    async with opened(address=address, **limits) as one, opened(address=address, **limits) as other:
        for client, remaining in ((one, "2"), (other, "1"), (one, "0")):
            answer = await client.get("/api/probe/hello")
            assert answer.status_code == 200
            assert answer.headers["ratelimit-remaining"] == remaining
        problem(await other.get("/api/probe/hello"), 429)
        assert (await one.get("/health/ready")).status_code == 200
