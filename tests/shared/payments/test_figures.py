"""Figures: each payment, decline and refund counts once, on the business's own day."""

from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import REGISTRY

from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.tx import Actor
from holdfast.shared.payments import figures, refunds
from holdfast.shared.payments.payments import Payment
from tests.conftest import Drain, Open
from tests.shared.payments.peer import Peer

Charged = Callable[..., Awaitable[Payment]]
Wanted = Callable[..., Awaitable[Payment]]


async def summed(committed: Open, days: int = 30) -> figures.Summary:
    """The figures in the business's own currency."""
    async with committed() as tx:
        return (await figures.summary(tx, days=days))[0]


def metric(name: str, **labels: str) -> float:
    """What an operator's dashboard would read."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def revenue() -> float:
    """What operators read as revenue, of all businesses: only so many have a label of their own."""
    return sum(
        sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "revenue_minor_total"
    )


@pytest.mark.meets("P70", "P71")
async def test_what_was_paid_declined_and_given_back_is_counted_once(
    committed: Open, drain: Drain, charged: Charged, wanted: Wanted, peer: Peer
) -> None:
    before = revenue()
    succeeded, failed = metric("payments_total", outcome="succeeded"), metric("payments_total", outcome="failed")
    paid = await charged(minor=1000)
    await charged(minor=500)
    await charged("declined", minor=900)
    await wanted(250)
    peer.faults["charge"] = ["lost"]
    await charged(minor=80)
    async with committed() as tx:
        await refunds.request(tx, paid.id, amount=Money(300, "PEN"), reason="Cold", key="1")
    for _ in range(2):
        await drain()
    found = await summed(committed)
    assert (found.currency, found.collected, found.refunded) == ("PEN", 1500, 300)
    assert (found.succeeded_count, found.failed_count, found.success_rate) == (2, 1, 0.6667)
    assert (found.pending, found.unknown, found.disputed) == (250, 80, 0)
    assert len(found.by_day) == 30
    today = found.by_day[-1]
    assert (today.collected, today.refunded, today.failed, today.succeeded) == (1500, 300, 1, 2)
    assert sum(day.collected for day in found.by_day) == 1500
    assert [(one.method, one.collected, one.succeeded) for one in found.by_method] == [("card", 1500, 2)]
    assert metric("payments_total", outcome="succeeded") == succeeded + 2
    assert metric("payments_total", outcome="failed") == failed + 1
    assert revenue() == before + 1500


async def test_a_refund_that_comes_back_is_counted_as_often_as_it_goes(
    committed: Open, drain: Drain, charged: Charged
) -> None:
    paid = await charged(minor=1000)
    async with committed() as tx:
        refund = await refunds.request(tx, paid.id, amount=Money(300, "PEN"), reason="Cold", key="1")
    await drain()
    for standing, given in (
        (refunds.Standing.failed, 0),
        (refunds.Standing.succeeded, 300),
        (refunds.Standing.failed, 0),
    ):
        async with committed() as tx:
            payment = await tx.get(Payment, paid.id, lock=True)
            await refunds.settle(tx, await tx.get(refunds.Refund, refund.id, lock=True), payment, standing)
        await drain()
        assert (await summed(committed)).refunded == given


async def test_nothing_yet_is_a_figure_too(committed: Open) -> None:
    found = await summed(committed, days=1)
    assert (found.collected, found.success_rate, len(found.by_day)) == (0, None, 1)


async def test_figures_are_for_those_who_may_see_payments(committed: Open) -> None:
    async with committed(Actor(kind="person")) as tx:
        with pytest.raises(NotAllowed):
            await figures.summary(tx)
    async with committed() as tx:
        for days in (0, 367):
            with pytest.raises(Invalid):
                await figures.summary(tx, days=days)
