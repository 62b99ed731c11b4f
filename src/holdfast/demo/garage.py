"""The garage: a business that lives by subscriptions, and has lived fourteen months by the time machine.

Nothing of its past is made up: it opens fourteen months ago, and then every renewal, charge, decline, reminder, refund
and payout of the time up to today is made by the code that would have made it, day by day.
"""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from holdfast import app
from holdfast.demo.cafes import FAMILY, GIVEN, GUEST, Person
from holdfast.demo.client import Client
from holdfast.demo.opening import enter, invite
from holdfast.integrations import payments as ports
from holdfast.integrations.payments.sandbox import numbers, state
from holdfast.integrations.payments.sandbox.adapter import Sandbox
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.kernel import ids, worker
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx, transaction
from holdfast.shared.billing import catalog, coupons, ending, starting, usage
from holdfast.shared.billing.catalog import New, NewPrice
from holdfast.shared.billing.rating import Kind, Tier
from holdfast.shared.payments import charging, connections, customers, methods, payments, refunds
from holdfast.shared.payouts import destinations, earnings, payouts, preferences, wallets
from holdfast.shared.tenants import tenants

NAME = "Garaje Lavapiés"
OWNERS = (
    Person("Carmen Ortega", "carmen@garaje.example", "owner"),
    Person("Iker Salas", "iker@garaje.example", "manager"),
)
DAYS = 426
STEP = 3
"""Days that are lived at once; whatever falls between is done in its order."""
_DRIVERS = 26
_GOOD = "4242424242424242"
_CARDS = (_GOOD,) * 17 + (
    *("5555555555554444",) * 4,
    *("4000000000000341",) * 3,
    "4000000000006975",
)
_DISPUTED = "4000000000000259"
_DISPUTED_DAY = DAYS - 8
_IBAN = "ES9121000418450200051332"
_SEED = 20260101

Progress = Callable[[int, int], None]


def _eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def open_garage(address: str, database: Database, *, progress: Progress) -> tuple[str, bool]:
    """Open the garage and let it live up to today, unless it did; gives its id and whether it lived just now.

    Raises:
        Refused, TimeoutError: the API did not do what it should.
    """
    async with Client(address) as owner:
        await enter(owner, OWNERS[0])
        mine = await owner.call("GET", "/api/tenants")
        tenant = next((each["tenant"] for each in mine), None) or await _open(owner)
        owner.act_in(tenant)
        await invite(owner, OWNERS[1], address)
        carmen = UUID((await owner.call("GET", "/api/auth/me"))["user"]["id"])
    async with Client(address) as guest:
        await enter(guest, GUEST)
        lucia = UUID((await guest.call("GET", "/api/auth/me"))["user"]["id"])
    return tenant, await _live(database, UUID(tenant), carmen, lucia, progress=progress)


async def _open(owner: Client) -> str:
    wanted = {
        "name": NAME,
        "currency": "EUR",
        "timezone": "Europe/Madrid",
        "country": "ES",
        "languages": ["es", "en"],
        "systems": [],
        "email": OWNERS[0].email,
    }
    tenant = str((await owner.call("POST", "/api/tenants", wanted))["id"])
    owner.act_in(tenant)
    seller = {"tax_id": "ESB87654321", "address": "Calle del Olivar 21\n28012 Madrid"}
    await owner.call("PATCH", f"/api/tenants/{tenant}", seller)
    return tenant


async def _live(database: Database, tenant: UUID, carmen: UUID, lucia: UUID, *, progress: Progress) -> bool:
    """Live from where the garage is up to today."""
    async with transaction(database, tenant) as tx:
        moment = await tenants.moment(tx, movable=True)
        begun = await tx.one(bool, "select exists (select from billing_plan)")
        if not begun and not moment.clock_offset:
            await tenants.set_back(tx, by=timedelta(days=DAYS), movable=True)
    await _sell(database, tenant, carmen, lucia)
    async with transaction(database, tenant) as tx:
        left = -(await tenants.moment(tx, movable=True)).clock_offset
    if left <= timedelta():
        return False
    await worker.drain(database, app.registry, tenants=[tenant])
    while left > timedelta():
        day = DAYS - left.days
        progress(day, DAYS)
        await _happen(database, tenant, day)
        async with transaction(database, tenant) as tx:
            await tenants.move_clock(tx, forward=min(timedelta(days=STEP), left), movable=True)
            left = -(await tenants.moment(tx, movable=True)).clock_offset
        await worker.drain(database, app.registry, tenants=[tenant])
    return True


async def _sell(database: Database, tenant: UUID, carmen: UUID, lucia: UUID) -> None:
    """What the garage sells, and how it pays its owner."""
    async with transaction(database, tenant) as tx:
        if await tx.one(bool, "select exists (select from billing_plan)"):
            return
        await connections.open_sandbox(tx)
        for code, name, prices, trial_days, public in _PLANS:
            await catalog.make(
                tx,
                New(
                    code=code,
                    name=name,
                    currency="EUR",
                    prices=prices,
                    trial_days=trial_days,
                    public=public,
                    id=uuid5(tenant, code),
                ),
            )
        await coupons.make(
            tx,
            coupons.New(code="VERANO", name="Summer", kind="percent", basis_points=2000, duration="repeating", times=3),
        )
        await preferences.decide(
            tx, preferences.Settings(minimum=5000, holding_days=7, two_approvals_above=500_000, rail="sandbox")
        )
        wallet = await wallets.open_wallet(
            tx,
            kind="garage_owner",
            party_id=uuid5(tenant, "owner"),
            name="Familia Ortega",
            currency="EUR",
            person_id=carmen,
        )
        await destinations.add(tx, wallet, destinations.New(holder="Familia Ortega", country="ES", iban=_IBAN))
        await customers.ensure(tx, name=GUEST.name, email=GUEST.email, person_id=lucia, reference="driver-0")


def _price(
    kind: Kind, label: str, minor: int = 0, *, metric: str | None = None, tiers: Sequence[Tier] = ()
) -> NewPrice:
    """A price with the tax in it."""
    return NewPrice(
        kind=kind,
        label=label,
        amount=_eur(minor) if minor else None,
        metric=metric,
        tiers=list(tiers),
        tax_basis_points=2100,
        tax_inclusive=True,
    )


_POWER = (Tier(up_to=150, unit=34), Tier(unit=29))
_FLEET = (Tier(up_to=5, unit=9900), Tier(unit=8500))
_PLANS: tuple[tuple[str, str, list[NewPrice], int, bool], ...] = (
    ("dia-y-noche", "Plaza 24 h", [_price(Kind.per_period, "Plaza 24 h", 11900)], 0, True),
    ("noche", "Plaza de noche", [_price(Kind.per_period, "Plaza de noche", 6900)], 0, True),
    (
        "electrica",
        "Plaza con cargador",
        [
            _price(Kind.per_period, "Plaza con cargador", 13900),
            _price(Kind.tiered_usage, "Energía (kWh)", metric="kwh", tiers=_POWER),
        ],
        14,
        True,
    ),
    ("flota", "Flota", [_price(Kind.tiered_seats, "Plaza de flota", tiers=_FLEET)], 0, False),
)
_MOSTLY = ("dia-y-noche", "dia-y-noche", "noche", "electrica", "flota")


async def _happen(database: Database, tenant: UUID, day: int) -> None:
    """What people do on a day, the same at every start."""
    chance = random.Random(_SEED + day)  # noqa: S311 - a demo's people keep no secrets
    arriving = [number for number in range(_DRIVERS) if number * 13 <= day < number * 13 + STEP]
    for number in arriving:
        await _subscribe(database, tenant, number, chance)
    async with transaction(database, tenant) as tx:
        await _use_power(tx, day, chance)
        if day % 60 < STEP and day > 100:
            await _leave(tx, chance)
        if day % 30 < STEP and day > 30:
            await _earn(tx, tenant, day)
        if day % 90 < STEP and day > 60:
            await _give_back(tx, day)
        if _DISPUTED_DAY <= day < _DISPUTED_DAY + STEP:
            await _wash(tx)
    if day % 45 < STEP:
        await _new_card(database, tenant, chance)


async def _subscribe(database: Database, tenant: UUID, number: int, chance: random.Random) -> None:
    """Somebody comes with a car and a card."""
    name = GUEST.name if number == 0 else f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
    async with transaction(database, tenant) as tx:
        connection = await connections.open_sandbox(tx)
        opened = await connections.opened(tx, connection.id)
        customer = await customers.ensure(
            tx,
            name=name,
            email=f"driver{number}@garaje.example" if number else GUEST.email,
            reference=f"driver-{number}",
        )
        payer = await customers.payer(tx, customer.id, connection.id)
    ref = await Sandbox(opened, database).ensure_customer(payer, key=str(customer.id))
    async with transaction(database, tenant) as tx:
        await _save(tx, customer.id, connection.id, ref, _GOOD if number == 0 else chance.choice(_CARDS))
        code = (
            "electrica" if number == 0 else chance.choice(["dia-y-noche", "dia-y-noche", "noche", "electrica", "flota"])
        )
        await starting.start(
            tx,
            starting.New(
                customer_id=customer.id,
                plan_id=uuid5(tenant, code),
                quantity=chance.randint(3, 9) if code == "flota" else 1,
                billing_day=1 if chance.random() < 0.5 else None,
                coupon="VERANO" if chance.random() < 0.2 else None,
                reference=f"space-{number}",
            ),
        )


async def _wash(tx: Tx) -> None:
    """Somebody's car is washed, and they do not remember it when they read what their card was charged."""
    connection = await connections.open_sandbox(tx)
    customer = await customers.ensure(tx, name="Rosa Mamani", reference="driver-1")
    ref = await customers.ref(tx, customer.id, connection.id)
    if ref is None:
        return
    method_id = await _save(tx, customer.id, connection.id, ref, _DISPUTED, default=False)
    payment = await payments.request(
        tx,
        customer_id=customer.id,
        amount=_eur(2400),
        description="Lavado completo",
        purpose=payments.ASKED,
        purpose_id=customer.id,
        key="wash",
    )
    await charging.charge(tx, payment.id, method_id=method_id)


async def _save(tx: Tx, customer_id: UUID, connection_id: UUID, ref: str, number: str, *, default: bool = True) -> UUID:
    card = numbers.card(number)
    assert card is not None  # noqa: S101 - the numbers above are test cards
    method = ports.Method(
        ref=state.new_ref("stripe", "method"), kind="card", brand=card.brand, last4=card.digits[-4:], expires="2031-05"
    )
    await Place(tx, connection_id, "sandbox-stripe").save(ref, method, card.behaviour, "cs_demo")
    await customers.keep_ref(tx, customer_id, connection_id, ref)
    kept = await methods.remember(tx, customer_id, connection_id, method)
    if default:
        await methods.make_default(tx, kept.id)
    return kept.id


async def _new_card(database: Database, tenant: UUID, chance: random.Random) -> None:
    """Whoever could not pay comes with another card, mostly."""
    async with transaction(database, tenant) as tx:
        owing = await tx.all(
            UUID, "select distinct customer_id from billing_dunning where state = 'active' order by 1 limit 5"
        )
        connection = await connections.open_sandbox(tx)
        for customer_id in owing:
            ref = await customers.ref(tx, customer_id, connection.id)
            if ref is not None and chance.random() < 0.8:
                await _save(tx, customer_id, connection.id, ref, _GOOD)


async def _use_power(tx: Tx, day: int, chance: random.Random) -> None:
    charging = await tx.all(
        UUID,
        "select s.id from billing_subscription as s join billing_plan as p on p.id = s.plan_id "
        "where p.code = 'electrica' and s.status in ('trialing', 'active', 'past_due') order by s.id limit 50",
    )
    for subscription_id in charging:
        await usage.tell(
            tx,
            subscription_id,
            id=uuid5(subscription_id, f"day {day}"),
            metric="kwh",
            quantity=chance.randint(6, 34),
        )


async def _leave(tx: Tx, chance: random.Random) -> None:
    staying = await tx.all(
        UUID,
        "select id from billing_subscription where status = 'active' and reference <> 'space-0' order by id limit 50",
    )
    if staying:
        await ending.cancel(tx, chance.choice(staying), when="end")


async def _earn(tx: Tx, tenant: UUID, day: int) -> None:
    """The garage's owner gets a share of what was collected in thirty days, and asks for most of it."""
    collected = await tx.one(
        int,
        "select coalesce(sum(captured_minor), 0)::bigint from payments_payment where captured_at > $1",
        tx.now - timedelta(days=30),
    )
    wallet = await wallets.open_wallet(
        tx, kind="garage_owner", party_id=uuid5(tenant, "owner"), name="Familia Ortega", currency="EUR"
    )
    today = tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    if collected:
        await earnings.credit(
            tx,
            wallet,
            amount=_eur(collected * 6 // 10),
            code="garage.share",
            id=ids.named(today, f"share {tenant}"),
            description=f"60 % de {_eur(collected).format()}, {today:%d/%m/%Y}",
        )
    [destination, *_] = await destinations.listed(tx, wallet.id)
    available = (await wallets.balances(tx, wallet)).available
    if available.minor > 5000:
        payout = await payouts.asked_for(
            tx, wallet.id, amount=available, destination_id=destination.id, id=ids.named(today, f"payout {tenant}")
        )
        if day < DAYS - 40:
            # Nobody of the demo has to sit through a year of approvals; the last one waits for a visitor.
            approved = await payouts.moved(tx, payout, payouts.Status.approved)
            await tx.emit(payouts.Approved(payout_id=approved.id, wallet_id=wallet.id, rail=approved.rail))


async def _give_back(tx: Tx, day: int) -> None:
    """A week in which the lift was out of order."""
    paid = await tx.find(
        UUID,
        "select id from payments_payment where status = 'captured' and refunded_minor + refunding_minor = 0 "
        "order by captured_at desc limit 1",
    )
    if paid is not None:
        payment = await tx.get(payments.Payment, paid)
        await refunds.request(
            tx,
            paid,
            amount=_eur(min(1500, payment.captured.minor)),
            reason="The lift was out of order",
            key=f"lift {day}",
        )
