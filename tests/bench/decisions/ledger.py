"""Decision 0006: a balance row for the account that everybody posts to, or none."""

import asyncpg

from holdfast.kernel.database import Connection
from tests.bench.decisions import rounds

_TABLES = """
create table balance (account bigint primary key, posted bigint not null check (posted >= 0)) with (fillfactor = 70);
insert into balance select n, 1000000 from generate_series(0, 999) n;
create table transfer (id bigint generated always as identity primary key, debit bigint, credit bigint, amount bigint);
create index transfer_debit on transfer (debit) include (amount);
"""


async def measure() -> dict[str, float]:
    """Transfers per second from one issuer to a thousand cards, with and without a balance row for the issuer."""
    address = await rounds.fresh("ledger")
    owner = await asyncpg.connect(address)
    await owner.execute(_TABLES)

    async def hot(connection: Connection, number: int) -> None:
        await connection.execute(
            f"begin; insert into transfer (debit, credit, amount) values (0, {number % 999 + 1}, 1); "
            f"update balance set posted = posted + 1 where account = 0; "
            f"update balance set posted = posted + 1 where account = {number % 999 + 1}; commit"
        )

    async def cold(connection: Connection, number: int) -> None:
        await connection.execute(
            f"begin; insert into transfer (debit, credit, amount) values (0, {number % 999 + 1}, 1); "
            f"update balance set posted = posted + 1 where account = {number % 999 + 1}; commit"
        )

    with_row, without = await rounds.compare(address, hot, cold, connections=32)
    await owner.execute("vacuum analyze transfer")
    count = await owner.fetchval("select count(*) from transfer")
    plan = await owner.fetchval("explain (analyze, format json) select sum(amount) from transfer where debit = 0")
    await owner.close()
    milliseconds = float(str(plan).partition('"Execution Time": ')[2].split("\n")[0].rstrip(" ,"))
    return {
        "issuer with a balance row": with_row,
        "issuer summed when asked": without,
        "transfers summed": count,
        "milliseconds to sum them": milliseconds,
    }
