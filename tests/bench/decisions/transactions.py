"""Decision 0001: binding a transaction to its tenant in one round trip, and giving connections back as they are."""

from holdfast.kernel.database import Connection
from tests.bench.decisions import rounds

_TENANT = "0198c0de-0000-7000-8000-000000000001"


async def measure() -> dict[str, float]:
    """Transactions per second that read one row: statement by statement, in one trip, and with a reset after each."""
    address = await rounds.fresh("transactions")

    async def apart(connection: Connection, _: int) -> None:
        await connection.execute("begin")
        await connection.execute(f"set local holdfast.tenant = '{_TENANT}'")
        await connection.execute("set local statement_timeout = 15000")
        await connection.fetchval("select 1")
        await connection.execute("commit")

    async def together(connection: Connection, _: int) -> None:
        await connection.execute(f"begin; set local holdfast.tenant = '{_TENANT}'; set local statement_timeout = 15000")
        await connection.fetchval("select 1")
        await connection.execute("commit")

    async def together_and_reset(connection: Connection, number: int) -> None:
        await together(connection, number)
        await connection.reset()

    one, two, three = await rounds.compare(address, apart, together, together_and_reset)
    return {"statement by statement": one, "in one round trip": two, "in one round trip, then a reset": three}
