"""Rules: what the ledger keeps, each with the name that a caller meets it by.

The database keeps the rules, in the statement that would break them. A command written as one statement of its own
inserts into ``ledger_transfer`` itself and gives what the database refuses its name with ``kept_rules()``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import msgspec

from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotFound, Problem, Unavailable

LARGEST = 2**53 - 1
"""The largest amount of one transfer; readers of JSON in every language keep it exactly."""


class UnknownAccount(NotFound):
    """There is no such account here."""


class InsufficientFunds(Problem):
    """The account has less available than this would take."""


class OtherUnit(Problem):
    """Both accounts of a transfer must count its unit."""


class SameAccount(Invalid):
    """A transfer moves between two different accounts."""


class BadAmount(Invalid):
    """An amount is a whole number from 1 to 9,007,199,254,740,991."""


class IdReused(Problem):
    """Another transfer has this id already."""


class NotReversible(Problem):
    """Only what was posted or settled can be reversed; a hold is released instead."""


class AlreadyReversed(Problem):
    """This transfer was reversed already."""


class UnknownTransfer(NotFound):
    """There is no such transfer here."""


class UnknownHold(NotFound):
    """There is no such hold here."""


class AlreadySettled(Problem):
    """This hold was settled or released already."""


class BeyondHold(Problem):
    """A settlement takes at most what is held."""


class Contended(Unavailable):
    """Too many changes to the same accounts at once; try again in a moment."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


def _insufficient(told: dict[str, Any]) -> Problem:
    return InsufficientFunds(
        f"{told['needed']} {told['unit']} is needed and {told['available']} is available.",
        account_id=told["account"],
        unit=told["unit"],
        needed=told["needed"],
        available=told["available"],
    )


def _account(told: dict[str, Any]) -> Problem:
    if told.get("unit") is None:
        return UnknownAccount(f"No account has the id {told['account']}." if told else None)
    return OtherUnit(f"The account {told['account']} counts {told['unit']}.", account_id=told["account"])


def _beyond(told: dict[str, Any]) -> Problem:
    return BeyondHold(f"{told['needed']} is more than the {told['held']} held.", **told)


RULES: dict[str, Callable[[dict[str, Any]], Problem]] = {
    "ledger_balance_available": _insufficient,
    "ledger_transfer_account": _account,
    "ledger_transfer_debit": _account,
    "ledger_transfer_credit": _account,
    "ledger_transfer_accounts": lambda told: SameAccount(),
    "ledger_transfer_amount": lambda told: BadAmount(field="amount"),
    "ledger_transfer_reversed_once": lambda told: AlreadyReversed(),
    "ledger_transfer_of_post": lambda told: NotReversible(),
    "ledger_transfer_reverses_id_fkey": lambda told: UnknownTransfer(),
    "ledger_transfer_ended_once": lambda told: AlreadySettled(),
    "ledger_transfer_of_hold": lambda told: UnknownHold(),
    "ledger_transfer_hold_id_fkey": lambda told: UnknownHold(),
    "ledger_transfer_within_hold": _beyond,
}
"""The database's name of each rule, and the problem that it is to a caller."""


def problem(error: BaseException | None) -> Problem | None:
    """What the database's refusal means to a caller; None for an error that is no rule of the ledger."""
    if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
        return Contended()
    if not isinstance(error, asyncpg.PostgresError):
        return None
    rule = RULES.get(error.constraint_name or "")
    if rule is None:
        return None
    told = error.detail if error.detail and error.detail.startswith("{") else "{}"
    return rule(msgspec.json.decode(told))


@contextmanager
def kept_rules() -> Iterator[None]:
    """Raise the ledger's own problems for what the database refuses inside the block."""
    try:
        yield
    except (Problem, asyncpg.PostgresError) as error:
        cause = error if isinstance(error, asyncpg.PostgresError) else error.__cause__
        named = problem(cause)
        if named is None:
            raise
        raise named from cause


def counted(amount: int | Money, unit: str | None) -> tuple[int, str]:
    """An amount and its unit; the unit of Money is its currency.

    Raises:
        BadAmount: the amount is not a whole number in range.
        OtherUnit: Money of one currency in another unit.
        Invalid: a bare number without a unit.
    """
    if isinstance(amount, Money):
        if unit is not None and unit != amount.currency:
            raise OtherUnit(f"{amount.currency} is not {unit}.")
        unit = amount.currency
        amount = amount.minor
    if unit is None:
        raise Invalid("A number alone says nothing; name its unit.", field="unit")
    if isinstance(amount, bool) or not 1 <= amount <= LARGEST:
        raise BadAmount(f"{amount} is not a whole number from 1 to {LARGEST}.", field="amount")
    return amount, unit
