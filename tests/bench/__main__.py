"""``make bench``: the hot operations over HTTP beside pgbench running the same SQL on the same server.

Rounds are interleaved, so that whatever else the machine does falls on both. What counts is the ratio: load generator,
api and PostgreSQL share the machine's cores, and absolute figures are only true of it.
"""

import asyncio
import os
import random
import re
import statistics
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import msgspec
import uvloop

from holdfast.kernel import embedded
from holdfast.kernel import settings as settings_
from holdfast.systems.loyalty import customers, directory, stamping
from tests.bench import load
from tests.bench.cafe import Bench, opened

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
CONNECTIONS = 32
PGBENCH_CLIENTS = 16


class Subject(msgspec.Struct):
    """One operation, as the api does it and as pgbench does."""

    name: str
    make: Callable[[], bytes]
    sql: str
    goal: float
    targets_ms: tuple[int, int, int] | None = None
    """The targets for the median, the 95th and the 99th percentile, where the requirements name some."""


class Measured(msgspec.Struct):
    """What the rounds of one subject gave."""

    api: list[load.Result] = []
    statement: list[float] = []
    transaction: list[float] = []


def subjects(bench: Bench) -> list[Subject]:
    """The three operations of the goals."""
    headers = {"Authorization": f"Bearer {bench.token}", "Holdfast-Tenant": str(bench.tenant)}
    path = f"/api/loyalty/businesses/{bench.tenant}/customers?limit=50"
    listing = load.request("GET", path, headers=headers)

    def stamp() -> bytes:
        body = {"id": str(uuid.uuid4()), "card_id": random.choice(bench.cards)}
        return load.request("POST", "/api/loyalty/stamps", headers=headers, body=msgspec.json.encode(body))

    def member() -> bytes:
        return load.request("GET", f"/api/loyalty/customers/{random.choice(bench.members)}", headers=headers)

    return [
        Subject("POST stamp", stamp, _stamp_sql(bench), 0.6, (100, 300, 500)),
        Subject("GET member", member, _bound(customers._CUSTOMER, {1: _one_of(bench.members)}), 0.35, (50, 150, 300)),
        Subject("list of 50", lambda: listing, _bound(directory._NEWEST, {1: "null", 2: "null", 3: "51"}), 0.35),
    ]


def _one_of(values: Sequence[str]) -> str:
    """A random value of an array that the plan holds."""
    return f"('{{{','.join(values)}}}'::uuid[])[:n]"


def _stamp_sql(bench: Bench) -> str:
    made = {number: f"md5('{number}' || :a::text)::uuid" for number in (9, 17, 18, 19, 20, 21)}
    given = {1: "now()", 4: "0", 6: _one_of(bench.cards), 8: "false", 13: "'person'", 14: f"'{uuid.UUID(int=7)}'::uuid"}
    absent = {2: "null::uuid", 3: "null::bigint", 5: "null::timestamptz", 7: "null::timestamptz"}
    absent |= {10: "null::bigint", 11: "null::text", 12: "null::uuid", 15: "null::text", 16: "null::text"}
    return _bound(stamping.GIVE_NOW, {**made, **given, **absent})


def _bound(sql: str, values: dict[int, str]) -> str:
    """A statement for pgbench: its parameters written out, on one line."""
    text = re.sub(r"\$(\d+)", lambda mark: values[int(mark.group(1))], sql)
    return " ".join(line.split("--")[0] for line in text.splitlines()).strip()


async def pgbench(bench: Bench, sql: str, *, in_transaction: bool, folder: Path) -> float:
    """Transactions per second of pgbench with a statement: bare, or wrapped as a request has to wrap it."""
    script = folder / "script.sql"
    scale = f"\\set n random(1, {len(bench.cards)})\n\\set a random(1, 1000000000000000)\n"
    begin = (
        f"begin;\nselect set_config('holdfast.tenant', '{bench.tenant}', true), "
        "set_config('holdfast.person', '', true), set_config('statement_timeout', '15000', true);\n"
    )
    script.write_text(f"{scale}{begin}{sql};\ncommit;\n" if in_transaction else f"{scale}{sql};\n")
    process = await asyncio.create_subprocess_exec(
        embedded.binary("pgbench"),
        *("--no-vacuum", "--protocol=prepared", "--jobs=1", f"--client={PGBENCH_CLIENTS}"),
        *(f"--time={max(1, round(SECONDS))}", f"--file={script}", "--username=holdfast_app"),
        *(f"--host={bench.socket}", "holdfast"),
        env={**os.environ, "PGOPTIONS": f"-c holdfast.tenant={bench.tenant}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    found = re.search(r"tps = ([0-9.]+)", output.decode())
    if found is None:
        raise RuntimeError(errors.decode()[-2000:])
    return float(found.group(1))


async def run() -> None:
    """Measure everything, then print it."""
    async with opened() as bench:
        what = subjects(bench)
        measured = {subject.name: Measured(api=[], statement=[], transaction=[]) for subject in what}
        for turn in range(ROUNDS + 1):
            for subject in what:
                result = await load.run("127.0.0.1", bench.port, subject.make, connections=CONNECTIONS, seconds=SECONDS)
                if result.failures:
                    raise RuntimeError(f"{subject.name}: {result.failures} of {result.requests} requests failed.")
                bare = await pgbench(bench, subject.sql, in_transaction=False, folder=bench.folder)
                wrapped = await pgbench(bench, subject.sql, in_transaction=True, folder=bench.folder)
                if turn > 0:
                    # The first round warms caches, plans and pools.
                    measured[subject.name].api.append(result)
                    measured[subject.name].statement.append(bare)
                    measured[subject.name].transaction.append(wrapped)
            sys.stderr.write(f"round {turn} of {ROUNDS}\n")
        _print(what, measured, await _server(bench))


async def _server(bench: Bench) -> str:
    connection = await asyncpg.connect(bench.owner)
    version = await connection.fetchval("select split_part(version(), ' on ', 1)")
    await connection.close()
    return f"{version}, {os.cpu_count()} cores, {bench.workers} api processes, {CONNECTIONS} connections"


def _print(what: list[Subject], measured: dict[str, Measured], server: str) -> None:
    lines = [
        f"{server}; medians of {ROUNDS} rounds of {SECONDS:g} s",
        "",
        f"{'':<12}{'per second':>11}{'p50':>9}{'p95':>9}{'p99':>9}{'pgbench':>11}{'ratio':>7}{'goal':>6}"
        f"{'in a transaction':>19}{'ratio':>7}",
    ]
    for subject in what:
        found = measured[subject.name]
        rate = statistics.median(result.per_second for result in found.api)
        bare = statistics.median(found.statement)
        wrapped = statistics.median(found.transaction)
        percentiles = [
            statistics.median(getattr(result, name) for result in found.api) for name in ("p50_ms", "p95_ms", "p99_ms")
        ]
        lines.append(
            f"{subject.name:<12}{rate:>11,.0f}{''.join(f'{value:>6.1f} ms' for value in percentiles)}"
            f"{bare:>11,.0f}{rate / bare:>7.2f}{subject.goal:>6.2f}{wrapped:>19,.0f}{rate / wrapped:>7.2f}"
        )
        if subject.targets_ms is not None:
            met = "under" if percentiles[2] < subject.targets_ms[0] else "over"
            lines.append(f"{'':<12}p99 is {met} the target for the median, {subject.targets_ms[0]} ms")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    settings_.current.cache_clear()
    uvloop.run(run())
