"""One contract for every provider: both dialects of the sandbox, and Stripe's SDK at somebody else's server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from tests.integrations.payments.conftest import connection, purchase
from tests.integrations.payments.contract import DECLINES, DISPUTED, GOOD, Local, Sandboxed, Till, needs

NOTHING = Money(0, "EUR")


@pytest.fixture
async def local(localstripe: str) -> AsyncIterator[Till]:
    """Stripe's SDK at localstripe."""
    adapter = Stripe(connection("stripe", base_url=localstripe))
    yield Local(adapter, localstripe)
    await adapter.close()


@pytest.fixture(params=["sandbox-stripe", "sandbox-razorpay", "localstripe"])
def till(request: pytest.FixtureRequest, database: Database, tenant: UUID) -> Till:
    """An adapter with a payer beside it."""
    if request.param == "localstripe":
        local_: Till = request.getfixturevalue("local")
        return local_
    told = connection(request.param, tenant=tenant)
    return Sandboxed(connecting.adapter(told, database=database), told, database)


async def wanted(till: Till, **changes: object) -> ports.Purchase:
    """Something to be paid by a customer whom the provider knows."""
    # localstripe refuses a payment with a description.
    about = purchase(description="" if isinstance(till, Local) else "Ten coffees")
    ref = await till.provider.ensure_customer(about.payer, key=str(about.payer.id))
    return msgspec.structs.replace(about, payer=msgspec.structs.replace(about.payer, ref=ref), **changes)


def customer_of(about: ports.Purchase) -> str:
    """The provider's name of who pays."""
    assert about.payer.ref is not None
    return about.payer.ref


async def charged(till: Till, about: ports.Purchase, number: str = GOOD) -> ports.Payment:
    """A payment with a card that was saved."""
    method = await till.card(customer_of(about), number)
    return await till.provider.charge(about, method_ref=method, key=str(ids.new()))


async def test_a_card_is_saved_and_forgotten(till: Till) -> None:
    customer = customer_of(await wanted(till))
    assert await till.provider.methods(customer) == []
    ref = await till.card(customer, GOOD)
    (method,) = await till.provider.methods(customer)
    assert (method.ref, method.kind, method.brand, method.last4) == (ref, "card", "visa", "4242")
    assert method.expires is not None
    assert method.expires.startswith("2030-")
    for _ in range(2):
        await till.provider.forget(ref, key=str(ids.new()))
        assert await till.provider.methods(customer) == []


@pytest.mark.meets("P22", "I22")
async def test_a_charge_is_captured_and_carries_our_id(till: Till) -> None:
    about = await wanted(till)
    paid = await charged(till, about)
    told = await till.provider.fetch(paid.ref)
    for one in (paid, told):
        assert (one.standing, one.amount, one.payment_id) == ("captured", about.amount, about.payment_id)
        assert (one.refunded, one.live, one.decline) == (NOTHING, False, None)
        assert one.method is not None
        assert one.method.last4 == "4242"
    assert abs(told.at - datetime.now(UTC)) < timedelta(minutes=5)
    if "totals" not in till.lacks:
        assert told.captured == about.amount


async def test_a_decline_is_a_payment_that_failed(till: Till) -> None:
    about = await wanted(till)
    failed = await charged(till, about, DECLINES)
    assert (failed.standing, failed.captured, failed.amount) == ("failed", NOTHING, about.amount)
    assert failed.payment_id == about.payment_id
    assert failed.decline is not None
    assert failed.decline.code
    assert failed.decline.message


async def test_what_was_authorized_is_taken_or_let_go(till: Till) -> None:
    about = await wanted(till, capture=False)
    promised = await charged(till, about)
    assert (promised.standing, promised.captured) == ("authorized", NOTHING)
    taken = await till.provider.capture(promised.ref, about.amount, key=str(ids.new()))
    assert (taken.standing, taken.ref) == ("captured", promised.ref)
    other = await charged(till, await wanted(till, capture=False))
    assert (await till.provider.cancel(other.ref, key=str(ids.new()))).standing == "cancelled"
    assert (await till.provider.fetch(other.ref)).standing == "cancelled"
    with pytest.raises(outcomes.Rejected):
        await till.provider.capture(taken.ref, about.amount, key=str(ids.new()))


async def test_money_is_given_back_in_parts(till: Till) -> None:
    about = await wanted(till)
    paid = await charged(till, about)
    first, second = ids.new(), ids.new()
    for refund_id, minor in ((first, 250), (second, 1000)):
        given = await till.provider.refund(paid.ref, Money(minor, "EUR"), refund_id=refund_id, key=str(refund_id))
        assert (given.refund_id, given.amount.minor, given.payment_ref) == (refund_id, minor, paid.ref)
        assert given.standing == "succeeded"
    told = {one.refund_id: one.amount.minor for one in await till.provider.refunds(paid.ref)}
    assert told == {first: 250, second: 1000}
    if "bounds" not in till.lacks:
        assert (await till.provider.fetch(paid.ref)).refunded == about.amount
        with pytest.raises(outcomes.Rejected):
            await till.provider.refund(paid.ref, Money(1, "EUR"), refund_id=ids.new(), key=str(ids.new()))


@pytest.mark.meets("P66")
async def test_the_same_key_moves_nothing_again(till: Till) -> None:
    needs(till, "keys", "find")
    about = await wanted(till)
    method = await till.card(customer_of(about), GOOD)
    began = datetime.now(UTC) - timedelta(minutes=1)
    first, again = [await till.provider.charge(about, method_ref=method, key="1") for _ in range(2)]
    assert first == again
    assert [one.ref for one in await till.provider.find(about.payment_id, since=began)] == [first.ref]
    refund_id = ids.new()
    given = [await till.provider.refund(first.ref, about.amount, refund_id=refund_id, key="2") for _ in range(2)]
    assert given[0] == given[1]
    assert len(await till.provider.refunds(first.ref)) == 1
    other = msgspec.structs.replace(about, amount=Money(99, "EUR"))
    with pytest.raises(outcomes.Rejected):
        await till.provider.charge(other, method_ref=method, key="1")


async def test_nobody_has_paid_on_a_page_until_somebody_has(till: Till) -> None:
    needs(till, "checkout")
    about = await wanted(till)
    checkout = await till.provider.open_checkout(about, key="1")
    assert await till.provider.open_checkout(about, key="1") == checkout
    assert checkout.url.startswith("http")
    with pytest.raises(outcomes.Gone):
        await till.provider.fetch(checkout.ref)
    await till.pay(checkout, GOOD)
    paid = await till.provider.fetch(checkout.ref)
    assert (paid.standing, paid.captured, paid.payment_id) == ("captured", about.amount, about.payment_id)
    assert await till.provider.fetch(paid.ref) == paid


async def test_what_is_not_there_is_gone(till: Till) -> None:
    with pytest.raises(outcomes.Gone):
        await till.provider.fetch("pi_nobody")
    with pytest.raises(outcomes.Gone):
        await till.provider.charge(await wanted(till), method_ref="pm_nobody", key=str(ids.new()))


async def test_what_was_paid_is_listed_once(till: Till) -> None:
    needs(till, "listing")
    began = datetime.now(UTC) - timedelta(minutes=1)
    made = {(await charged(till, await wanted(till))).ref for _ in range(3)}
    seen: list[str] = []
    cursor = None
    while True:
        batch = await till.provider.listing(since=began, until=datetime.now(UTC) + timedelta(minutes=1), cursor=cursor)
        seen += [payment.ref for payment in batch.payments]
        if batch.next is None:
            break
        cursor = batch.next
    assert sorted(seen) == sorted(made)
    earlier = await till.provider.listing(since=began - timedelta(days=2), until=began - timedelta(days=1))
    assert not earlier.payments


async def test_what_was_given_back_and_complained_of_in_a_time_is_listed(till: Till) -> None:
    needs(till, "listing")
    since, until = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1)
    paid = await charged(till, await wanted(till))
    for _ in range(2):
        await till.provider.refund(paid.ref, Money(10, "EUR"), refund_id=ids.new(), key=str(ids.new()))
    disputed = await charged(till, await wanted(till), DISPUTED)
    assert await till.provider.refunded(since=since, until=until) == [paid.ref]
    found = await till.provider.complaints(since=since, until=until)
    assert [(one.payment_ref, one.withdrawn) for one in found.disputes] == [(disputed.ref, True)]
    assert found.disputes == await till.provider.disputes(disputed.ref)
    earlier = {"since": since - timedelta(days=2), "until": since - timedelta(days=1)}
    assert list(await till.provider.refunded(**earlier)) == []
    assert list((await till.provider.complaints(**earlier)).disputes) == []


@pytest.mark.meets("P23", "P24")
async def test_a_subscription_begins_and_ends_at_the_provider(till: Till) -> None:
    needs(till, "subscription")
    about = await wanted(till)
    method = await till.card(customer_of(about), GOOD)
    plan = ports.Plan(price_id=ids.new(), name="Unlimited coffee", amount=Money(2000, "EUR"), interval="month")
    plan = msgspec.structs.replace(plan, ref=await till.provider.ensure_plan(plan, key="plan"))
    ours = ids.new()
    begun = await till.provider.start(about.payer, plan, method_ref=method, subscription_id=ours, key="start")
    told = await till.provider.subscription(begun.ref)
    assert (told.standing, told.subscription_id, told.plan_ref) == ("active", ours, plan.ref)
    assert told.customer_ref == customer_of(about)
    assert told.period_start is not None
    assert told.period_end is not None
    assert timedelta(days=27) < told.period_end - told.period_start < timedelta(days=32)
    assert told.latest_payment_ref is not None
    paid = await till.provider.fetch(told.latest_payment_ref)
    assert (paid.standing, paid.captured, paid.subscription_ref) == ("captured", plan.amount, begun.ref)
    stopping = await till.provider.stop(begun.ref, at_period_end=True, key="later")
    assert (stopping.standing, stopping.cancel_at_period_end) == ("active", True)
    assert (await till.provider.stop(begun.ref, at_period_end=False, key="now")).standing == "cancelled"


async def test_the_account_has_a_name(till: Till) -> None:
    needs(till, "account")
    assert await till.provider.check()


async def test_stripe_refuses_keys_that_it_does_not_know(localstripe: str) -> None:
    adapter = Stripe(connection("stripe", base_url=localstripe, credentials={"secret_key": "unknown"}))
    with pytest.raises(outcomes.AuthFailed):
        await adapter.methods("cus_1")
    await adapter.close()
