"""The café that is measured: opened through the API as any café is, and kept between runs."""

import asyncio
import csv
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx2
import msgspec

from holdfast.demo import opening
from holdfast.demo.cafes import PASSWORD, Cafe, Person
from holdfast.demo.client import Client
from holdfast.kernel import crypto, migrations, processes
from holdfast.kernel.database import Database, addresses
from holdfast.kernel.settings import Settings
from holdfast.systems.loyalty import imports

ROOT = Path(__file__).parents[2]
DATA = ROOT / ".var" / "bench"
PORT = 8765
MEMBERS = 5_000
CAFE = Cafe(
    name="Bench",
    slug="bench",
    program="Bench",
    stamps_required=10,
    reward="A coffee",
    people=(Person("Bench", "bench@bench.example", "owner"),),
    guests=0,
    accent="#b4532a",
    mark="sun",
    since_days=1,
    replays=False,
)
ENVIRONMENT = {
    "HOLDFAST_ENVIRONMENT": "development",
    "HOLDFAST_LOG_LEVEL": "warning",
    "HOLDFAST_DATA_DIR": str(DATA),
    "HOLDFAST_POOL_SIZE": "8",
    # Counted as in production, only never reached.
    "HOLDFAST_RATE_LIMIT_REQUESTS": "1000000000",
    "HOLDFAST_RATE_LIMIT_SIGN_INS": "1000000",
}


class Bench(msgspec.Struct):
    """What the measurements need."""

    tenant: UUID
    cards: list[str]
    members: list[str]
    token: str
    port: int
    owner: str
    socket: str
    folder: Path
    workers: int


@asynccontextmanager
async def opened(workers: int = 2) -> AsyncIterator[Bench]:
    """The café, its api and its worker; the worker is stopped before anything is measured."""
    settings = Settings(data_dir=str(DATA), pool_size=4)
    crypto.use(settings)
    where = await addresses(settings)
    await migrations.migrate(where.owner or "")
    os.environ.update(ENVIRONMENT)
    stopping, opening_over = asyncio.Event(), asyncio.Event()
    serving = processes.Child("api", ("api", "--port", str(PORT), "--workers", str(workers)))
    async with asyncio.TaskGroup() as group:
        group.create_task(processes.run([serving], stopping=stopping))
        group.create_task(processes.run([processes.Child("worker", ("worker",))], stopping=opening_over))
        try:
            with tempfile.TemporaryDirectory() as folder:
                bench = await _prepare(settings, where.owner or "", Path(folder), workers)
                opening_over.set()
                await asyncio.sleep(2)
                yield bench
        finally:
            opening_over.set()
            stopping.set()


async def _prepare(settings: Settings, owner: str, folder: Path, workers: int) -> Bench:
    address = f"http://127.0.0.1:{PORT}"
    await _ready(address)
    tenant, program = await opening.open_cafe(address, CAFE)
    async with Client(address) as client:
        await client.sign_in(CAFE.people[0].email, PASSWORD)
        client.act_in(tenant)
        await client.call("PATCH", f"/api/loyalty/programs/{program}", {"stamp_gap_seconds": 0})
        token = client.token
    database = Database(await addresses(settings), settings)
    file = folder / "visits.csv"
    _write(file)
    await imports.import_visits(database, UUID(tenant), UUID(program), file, batch=1000)
    await database.close()
    # As the superuser, who sees every row and may vacuum every table.
    superuser = await asyncpg.connect(owner.replace("holdfast_owner", "postgres", 1))
    await superuser.execute("vacuum analyze")
    found = await superuser.fetch(
        "select id::text as card, member_id::text as member from loyalty_card where tenant_id = $1 "
        "order by id limit $2",
        UUID(tenant),
        MEMBERS,
    )
    await superuser.close()
    return Bench(
        tenant=UUID(tenant),
        cards=[row["card"] for row in found],
        members=[row["member"] for row in found],
        token=token,
        port=PORT,
        owner=owner,
        socket=str((DATA / "postgres").resolve()),
        folder=folder,
        workers=workers,
    )


def _write(file: Path) -> None:
    """A history with three visits a member."""
    chance = random.Random(1)
    with file.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["customer_id", "date", "items", "amount_usd"])
        for number in range(MEMBERS):
            for _ in range(3):
                writer.writerow([f"{number:05}", f"2026-0{chance.randrange(1, 9)}-1{chance.randrange(10)}", 1, "9.50"])


async def _ready(address: str) -> None:
    async with asyncio.timeout(60), httpx2.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{address}/health/ready")).is_success:
                    return
            except (httpx2.HTTPError, OSError) as error:
                sys.stderr.write(f"waiting for the api: {type(error).__name__}\n")
            await asyncio.sleep(0.3)
