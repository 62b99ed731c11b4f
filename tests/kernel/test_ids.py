"""Ids sort by time, and human numbers have no gaps."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest

from holdfast.kernel import ids
from tests.conftest import Open


def test_ids_sort_in_the_order_in_which_they_were_made() -> None:
    made = [ids.new() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {id_.version for id_ in made} == {7}
    assert {id_.variant for id_ in made} == {"specified in RFC 4122"}
    assert abs((made[-1].int >> 80) / 1000 - time.time()) < 60


def test_an_id_with_a_name_is_the_same_again_and_sorts_by_its_moment() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    made = ids.named(moment, "payout 7")
    assert made == ids.named(moment, "payout 7")
    assert made != ids.named(moment, "payout 8")
    assert (made.version, made.variant) == (7, RFC_4122)
    before, after = (ids.named(moment + timedelta(milliseconds=step), "payout 7") for step in (-1, 1))
    assert before < made < after
    assert made < ids.new()


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.new(), range(8_000)))
    assert len(set(made)) == len(made)


async def test_numbers_are_gap_free_though_transactions_fail_and_compete(committed: Open) -> None:
    async def take(*, fail: bool) -> int:
        async with committed() as tx:
            number = await ids.next_number(tx, "invoice")
            if fail:
                raise RuntimeError
            return number

    outcomes = await asyncio.gather(*(take(fail=turn % 3 == 0) for turn in range(24)), return_exceptions=True)
    taken = sorted(outcome for outcome in outcomes if isinstance(outcome, int))
    assert taken == list(range(1, 17))
    with pytest.raises(RuntimeError):
        await take(fail=True)
    assert await take(fail=False) == 17
