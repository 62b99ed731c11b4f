"""Bank files: who fits into which, what is checked, and that a large one takes no more statements than a small one."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from holdfast import app
from holdfast.kernel import ids
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Actor
from holdfast.shared.payouts import destinations, files, payouts, preferences
from holdfast.shared.payouts.payouts import Payout, Status
from holdfast.shared.payouts.wallets import Wallet
from tests.conftest import Open
from tests.shared.payouts.earning import IBAN, account

REACTING = app.reacting
PAYER = files.Payer(holder="Garaje", iban=IBAN)

Wait = Callable[..., Awaitable[list[UUID]]]


@pytest.fixture
async def waiting(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
) -> Wait:
    """``await waiting(2, account_number=…)`` are approved payouts that wait for a file."""
    async with committed() as tx:
        await preferences.decide(
            tx, preferences.Settings(minimum=1, holding_days=0, two_approvals_above=None, rail="bank_file")
        )

    async def made(count: int, **fields: str) -> list[UUID]:
        await earned(100 * count)
        to = await account(committed, wallet, **fields)
        found = [await asked(100, to) for _ in range(count)]
        async with committed(people[1]) as tx:
            for payout in found:
                await payouts.approve(tx, payout.id)
        return [payout.id for payout in found]

    return made


async def test_an_account_without_an_iban_goes_into_a_csv(waiting: Wait, committed: Open) -> None:
    [plain] = await waiting(1, account_number="123456789", bank_code="ABC")
    async with committed() as tx:
        with pytest.raises(files.NothingToPay) as refused:
            await files.make(tx, currency="EUR", format="pain.001")
        assert "CSV" in str(refused.value)
    [one] = await waiting(1)
    async with committed() as tx:
        file = await files.make(tx, currency="EUR", format="pain.001")
        assert file.payouts == 1
        _, content = await files.content(tx, file.id, PAYER)
        assert one.hex.encode() in content
        rest = await files.make(tx, currency="EUR", format="csv")
        _, content = await files.content(tx, rest.id, files.Payer(holder=""))
        assert plain.hex.encode() in content
        with pytest.raises(files.NothingToPay) as refused:
            await files.make(tx, currency="EUR", format="pain.001")
        assert "CSV" not in str(refused.value)


async def test_a_file_that_exists_can_be_had_in_another_format(waiting: Wait, committed: Open) -> None:
    await waiting(1, account_number="123456789", bank_code="ABC")
    async with committed() as tx:
        file = await files.make(tx, currency="EUR", format="csv")
        # A pain.001 that was made before such accounts were left out has them too.
        with pytest.raises(Invalid, match="CSV"):
            await files.content(tx, file.id, PAYER, format="pain.001")
        had, content = await files.content(tx, file.id, PAYER, format="csv")
        assert had.format == "csv"
        assert b"123456789" in content
    await waiting(1)
    async with committed() as tx:
        file = await files.make(tx, currency="EUR", format="pain.001")
        had, content = await files.content(tx, file.id, PAYER, format="csv")
        assert (had.format, content[:6]) == ("csv", b"payout")


@pytest.mark.parametrize(
    ("payer", "field"),
    [
        (files.Payer(holder="Garaje", iban=IBAN, bic="A\x01B"), "bic"),
        (files.Payer(holder="Garaje", iban=IBAN, bic="BBVAESMMXXX\n"), "bic"),
        (files.Payer(holder="Garaje", iban="ES\x01"), "iban"),
        (files.Payer(holder="Gar\x01aje", iban=IBAN), "holder"),
        (files.Payer(holder=" ", iban=IBAN), "holder"),
        (files.Payer(holder="G" * 141, iban=IBAN), "holder"),
    ],
)
async def test_who_pays_is_checked(payer: files.Payer, field: str, waiting: Wait, committed: Open) -> None:
    await waiting(1)
    async with committed() as tx:
        file = await files.make(tx, currency="EUR", format="pain.001")
        with pytest.raises(Invalid) as refused:
            await files.content(tx, file.id, payer)
        assert refused.value.extra.get("field", field) == field
        spaced = files.Payer(holder="Garaje", iban=" ".join([IBAN[:4], IBAN[4:]]), bic="bbvaesmmxxx")
        assert b"BBVAESMMXXX" in (await files.content(tx, file.id, spaced))[1]


async def test_a_large_file_takes_no_more_statements_than_a_small_one(
    waiting: Wait, committed: Open, people: list[Actor]
) -> None:
    taken = []
    for count in (1, 9):
        made = await waiting(count)
        async with committed(people[1]) as tx:
            asked: list[str] = []
            with tx.connection.query_logger(lambda record, asked=asked: asked.append(record.query)):
                file = await files.make(tx, currency="EUR", format="pain.001")
                await files.content(tx, file.id, PAYER)
            # What tells of each payout goes to the server in one exchange, which the driver logs row by row or whole.
            taken.append(len([query for query in asked if "kernel_event" not in query]))
            moves = await tx.all(
                str,
                "select body->>'status' from kernel_event where name = 'payouts.payout.moved' "
                "and subject_id = $1 order by seq",
                made[0],
            )
            assert moves == ["approved", "sending", "processing"]
            assert (await tx.get(Payout, made[0])).status is Status.processing
            places = await tx.all(
                UUID, "select payout_id from payouts_file_item where file_id = $1 order by place", file.id
            )
            assert places == made
    assert taken[0] == taken[1]


@pytest.mark.parametrize(
    ("rail", "number"),
    [
        ("razorpayx", "é" * 100_000),
        ("razorpayx", ""),
        ("bank_file", "A" * 35),
        ("sandbox", "12 3"),
        ("razorpayx", None),
    ],
)
async def test_an_account_at_a_rail_has_letters_and_digits(
    rail: preferences.RailName, number: str | None, committed: Open
) -> None:
    wanted = preferences.Settings(minimum=1, holding_days=0, two_approvals_above=None, rail=rail, rail_account=number)
    async with committed() as tx:
        with pytest.raises(Invalid):
            await preferences.decide(tx, wanted)


async def test_an_account_that_nobody_named_is_not_opened(committed: Open) -> None:
    async with committed() as tx:
        assert await destinations.opened_all(tx, [ids.new()]) == {}
