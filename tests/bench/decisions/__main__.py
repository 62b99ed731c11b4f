"""The numbers of docs/decisions: ``python -m tests.bench.decisions [record …]`` measures them again."""

import asyncio
import sys

import uvloop

from holdfast.kernel import embedded
from tests.bench.decisions import events, ids, isolation, jobs, ledger, live, problems, rounds, tenancy, transactions

RECORDS = {
    "0001": transactions,
    "0003": events,
    "0004": jobs,
    "0005": tenancy,
    "0006": ledger,
    "0007": ids,
    "0008": problems,
    "0009": live,
    "0010": isolation,
}


async def _main(wanted: list[str]) -> None:
    for number, record in RECORDS.items():
        if not wanted or number in wanted:
            print(f"{number} {record.__doc__.splitlines()[0] if record.__doc__ else ''}")
            for what, value in (await record.measure()).items():
                print(f"  {value:>12,.3f}  {what}" if value < 10 else f"  {value:>12,.0f}  {what}", flush=True)


if __name__ == "__main__":
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_main(sys.argv[1:]))
    finally:
        embedded.stop(rounds.FOLDER)
