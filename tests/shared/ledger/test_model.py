"""The ledger against a model: random sequences of everything that can be done, and the same outcome in both."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from holdfast.kernel import clock, ids
from holdfast.kernel.database import Addresses, Connection
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import PLATFORM, Tx
from holdfast.shared.ledger import accounts, books, holds, rules, transfers
from holdfast.shared.ledger.transfers import Leg

T = TypeVar("T")
AMOUNTS = st.one_of(st.integers(1, 20), st.integers(1, 200))


@dataclass
class Place:
    """An account of the model."""

    unit: str
    side: str
    guarded: bool
    posted: int = 0
    held: int = 0


@dataclass
class Move:
    """A transfer of the model."""

    kind: str
    debit: UUID
    credit: UUID
    amount: int
    ended: bool = False
    reversed: bool = False


class Model:
    """What a ledger is, in a few lines of Python without a database."""

    def __init__(self) -> None:
        self.places: dict[UUID, Place] = {}
        self.moves: dict[UUID, Move] = {}

    def shift(self, legs: list[tuple[UUID, UUID, int, int]]) -> type[Problem] | None:
        """Apply (debit, credit, amount to post, amount to hold) wholly or, giving the problem, not at all."""
        after = {id_: (place.posted, place.held) for id_, place in self.places.items()}
        touched: set[UUID] = set()
        for debit, credit, amount, hold in legs:
            if self.places[debit].unit != self.places[credit].unit:
                return rules.OtherUnit
            for id_, side in ((debit, "debit"), (credit, "credit")):
                posted, held = after[id_]
                gains = self.places[id_].side == side
                after[id_] = (posted + amount if gains else posted - amount, held if gains else held + hold)
                touched.add(id_)
        for id_ in touched:
            if self.places[id_].guarded and after[id_][0] < after[id_][1]:
                return rules.InsufficientFunds
        for id_, (posted, held) in after.items():
            self.places[id_].posted, self.places[id_].held = posted, held
        return None


class Ledger(RuleBasedStateMachine):
    """Drives the real ledger and the model with the same commands."""

    where: Addresses

    places: Bundle[UUID] = Bundle("places")
    moves: Bundle[UUID] = Bundle("moves")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model()
        self.tenant = ids.new()
        self.connection: Connection = self.run(asyncpg.connect(self.where.app))
        # One transaction in one snapshot: rolled back at the end, and verified as it stands.
        self.run(self.connection.execute("begin isolation level repeatable read"))
        self.run(self.connection.execute(f"set local holdfast.tenant = '{self.tenant}'"))
        self.tx = Tx(self.connection, tenant=self.tenant, actor=PLATFORM, now=clock.now())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something."""
        return self.runner.run(work)

    def attempt(self, work: Callable[[], Awaitable[T]], expected: type[Problem] | None) -> T | None:
        """Run a command that must succeed, or must meet exactly this problem and change nothing."""

        async def within() -> T | None:
            if expected is None:
                return await work()
            await self.connection.execute("savepoint attempt")
            with pytest.raises(Problem) as refused:
                await work()
            await self.connection.execute("rollback to savepoint attempt")
            assert type(refused.value) is expected
            return None

        return self.run(within())

    @initialize(target=places)
    def open_some(self) -> Any:
        """Two wallets and an issuer, so that something can happen at once."""
        shapes = [("PEN", "debit", False), ("PEN", "credit", True), ("PEN", "credit", True)]
        return multiple(*(self.open_one(*shape) for shape in shapes))

    def open_one(self, unit: str, side: accounts.Side | str, guarded: bool) -> UUID:
        """Open an account in both."""
        opened = self.run(
            accounts.open_account(
                self.tx,
                book="model",
                unit=unit,
                owner_id=ids.new(),
                side="debit" if side == "debit" else "credit",
                guarded=guarded,
            )
        )
        self.model.places[opened.id] = Place(unit=unit, side=opened.side, guarded=guarded)
        return opened.id

    @rule(target=places, unit=st.sampled_from(["PEN", "PEN", "USD"]), side=st.sampled_from(["debit", "credit"]))
    def open(self, unit: str, side: str) -> UUID:
        """Another guarded account."""
        return self.open_one(unit, side, guarded=True)

    @rule(target=moves, debit=places, credit=places, amount=AMOUNTS, kind=st.sampled_from(["post", "post", "hold"]))
    def transfer(self, debit: UUID, credit: UUID, amount: int, kind: str) -> Any:
        """Move or hold an amount between any two accounts."""
        if debit == credit:
            return multiple()
        post = kind == "post"
        expected = self.model.shift([(debit, credit, amount if post else 0, 0 if post else amount)])
        unit = self.model.places[debit].unit
        command = transfers.transfer if post else holds.hold
        done = self.attempt(
            lambda: command(self.tx, debit=debit, credit=credit, amount=amount, unit=unit, code="model.move"), expected
        )
        if done is None:
            return multiple()
        self.model.moves[done.id] = Move(kind, debit, credit, amount)
        return done.id

    @rule(target=moves, legs=st.lists(st.tuples(places, places, AMOUNTS), min_size=1, max_size=5))
    def journal(self, legs: list[tuple[UUID, UUID, int]]) -> Any:
        """Move several amounts at once."""
        legs = [leg for leg in legs if leg[0] != leg[1]]
        if not legs:
            return multiple()
        expected = self.model.shift([(debit, credit, amount, 0) for debit, credit, amount in legs])
        wanted = [
            Leg(debit=debit, credit=credit, amount=amount, unit=self.model.places[debit].unit, code="model.leg")
            for debit, credit, amount in legs
        ]
        done = self.attempt(lambda: transfers.post(self.tx, wanted), expected)
        for stored in done or []:
            self.model.moves[stored.id] = Move("post", stored.debit_id, stored.credit_id, stored.amount)
        return multiple(*(stored.id for stored in done or []))

    @rule(target=moves, of=moves, part=st.one_of(st.none(), AMOUNTS))
    def settle(self, of: UUID, part: int | None) -> Any:
        """Settle a hold, or try to settle something else."""
        hold = self.model.moves[of]
        amount = part or hold.amount
        expected: type[Problem] | None
        if hold.kind != "hold":
            expected = rules.UnknownHold
        elif hold.ended:
            expected = rules.AlreadySettled
        elif amount > hold.amount:
            expected = rules.BeyondHold
        else:
            expected = self.model.shift([(hold.debit, hold.credit, amount, -hold.amount)])
        done = self.attempt(lambda: holds.settle(self.tx, of, amount=part), expected)
        if done is None:
            return multiple()
        hold.ended = True
        self.model.moves[done.id] = Move("settle", hold.debit, hold.credit, amount)
        return done.id

    @rule(of=moves)
    def release(self, of: UUID) -> None:
        """Release a hold, or try to release something else."""
        hold = self.model.moves[of]
        expected: type[Problem] | None
        if hold.kind != "hold":
            expected = rules.UnknownHold
        elif hold.ended:
            expected = rules.AlreadySettled
        else:
            expected = self.model.shift([(hold.debit, hold.credit, 0, -hold.amount)])
        if self.attempt(lambda: holds.release(self.tx, of), expected) is not None:
            hold.ended = True

    @rule(target=moves, of=moves)
    def reverse(self, of: UUID) -> Any:
        """Reverse a transfer, or try to reverse what cannot be."""
        move = self.model.moves[of]
        expected: type[Problem] | None
        if move.kind == "hold":
            expected = rules.NotReversible
        elif move.reversed:
            expected = rules.AlreadyReversed
        else:
            expected = self.model.shift([(move.credit, move.debit, move.amount, 0)])
        done = self.attempt(lambda: transfers.reverse(self.tx, of), expected)
        if done is None:
            return multiple()
        move.reversed = True
        self.model.moves[done.id] = Move("post", move.credit, move.debit, move.amount)
        return done.id

    @rule(of=moves)
    def ask_again(self, of: UUID) -> None:
        """The same id with the same content moves nothing again; with another amount it is refused."""
        move = self.model.moves[of]
        if move.kind not in ("post", "hold"):
            return
        stored = self.run(transfers.find_transfer(self.tx, of))
        assert stored is not None
        if stored.journal_id is not None or stored.reverses_id is not None:
            return
        command = transfers.transfer if move.kind == "post" else holds.hold
        same: dict[str, Any] = {"debit": move.debit, "credit": move.credit, "unit": stored.unit, "code": stored.code}
        again = self.attempt(lambda: command(self.tx, **same, amount=move.amount, id=of), None)
        assert again == stored
        self.attempt(lambda: command(self.tx, **same, amount=move.amount + 1, id=of), rules.IdReused)

    @invariant()
    def model_and_ledger_agree(self) -> None:
        """Every balance is the model's, kept or summed; nothing guarded is negative; every unit sums to zero."""
        records = self.run(
            self.connection.fetch(
                "select a.id, b.posted, b.held, ledger_sum(a) as summed, ledger_held(a) as held_summed "
                "from ledger_account as a left join ledger_balance as b on b.account_id = a.id"
            )
        )
        assert len(records) == len(self.model.places)
        sums: dict[str, int] = {}
        for record in records:
            place = self.model.places[record["id"]]
            assert (record["summed"], record["held_summed"]) == (place.posted, place.held)
            if place.guarded:
                assert (record["posted"], record["held"]) == (place.posted, place.held)
                assert record["posted"] >= record["held"] >= 0
            sign = 1 if place.side == "credit" else -1
            sums[place.unit] = sums.get(place.unit, 0) + sign * place.posted
        assert not any(sums.values()), sums

    def teardown(self) -> None:
        """The books are proven as they stand, and the foreign keys agree."""
        try:
            self.run(self.prove())
        finally:
            self.run(self.connection.close())
            self.runner.close()

    async def prove(self) -> None:
        """Verify what the commands left."""
        if await self.aborted():
            return
        await self.connection.execute("set constraints all immediate")
        report = await books.verify(self.tx)
        assert report.proven, report.findings
        assert report.unsealed == report.accounts + report.transfers

    async def aborted(self) -> bool:
        """Whether a command failed unexpectedly, which has been reported already."""
        try:
            await self.connection.execute("select 1")
        except asyncpg.InFailedSQLTransactionError:
            return True
        return False


@pytest.mark.timeout(300)
def test_any_sequence_leaves_the_books_as_the_model_says(where: Addresses) -> None:
    class Here(Ledger):
        pass

    Here.where = where
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
