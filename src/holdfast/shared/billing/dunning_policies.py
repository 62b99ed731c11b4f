"""Dunning policies: what a business decides to do about invoices that are not paid, and what it writes about others."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Literal, TypeAlias
from zoneinfo import ZoneInfo

from holdfast.kernel.problems import Invalid
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import months
from holdfast.shared.billing.grants import MANAGE, READ

Outcome: TypeAlias = Literal["cancel", "pause", "keep"]
MOST_RETRIES = 12
MOST_DAYS = 365


class Policy(Row):
    """What a business does about invoices that are not paid."""

    table: ClassVar[str] = "billing_dunning_policy"
    retry_days: list[int]
    """Days after the first failure on which the charge is tried again, in their order."""
    grace_days: int
    """How many days after the last try the outcome comes."""
    notices: bool
    """Whether customers are written to at each step."""
    outcome: Outcome
    """What becomes of the subscription."""
    mails: bool = True
    """Whether customers are sent the invoices that they have to pay, and a receipt for every one that is paid."""


DEFAULT = Policy(retry_days=[1, 3, 5, 7], grace_days=14, notices=True, outcome="pause")


async def policy(tx: Tx) -> Policy:
    """What the business does, or what the platform does unless it says otherwise."""
    return await tx.find(Policy, "select * from billing_dunning_policy where tenant_id = kernel_tenant()") or DEFAULT


async def shown_policy(tx: Tx) -> Policy:
    """``policy``, for those who may see it.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
    """
    tx.must(READ)
    return await policy(tx)


async def set_policy(tx: Tx, wanted: Policy) -> Policy:
    """Decide what is done from now on; cases that are under way go on as they began.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        Invalid: the days are not in their order, or there are too many.
    """
    tx.must(MANAGE)
    _check(wanted.retry_days, wanted.grace_days)
    return await tx.one(
        Policy,
        "insert into billing_dunning_policy (retry_days, grace_days, notices, mails, outcome, changed_at) "
        "values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id) do update set retry_days = excluded.retry_days, "
        "grace_days = excluded.grace_days, notices = excluded.notices, mails = excluded.mails, "
        "outcome = excluded.outcome, changed_at = excluded.changed_at returning *",
        wanted.retry_days,
        wanted.grace_days,
        wanted.notices,
        wanted.mails,
        wanted.outcome,
        tx.now,
    )


def _check(days: Sequence[int], grace: int) -> None:
    if len(days) > MOST_RETRIES or any(not 1 <= day <= MOST_DAYS for day in days):
        raise Invalid(f"Try again on at most {MOST_RETRIES} days, from 1 to {MOST_DAYS}.", field="retry_days")
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise Invalid("Name the days in their order, each once.", field="retry_days")
    if not 0 <= grace <= MOST_DAYS:
        raise Invalid(f"Wait for 0 to {MOST_DAYS} days.", field="grace_days")


async def upcoming(tx: Tx, moment: datetime, days: Sequence[int], grace: int, *, done: int) -> datetime:
    """When the next step comes, or the end, of a schedule of which so many steps are done, the last at a moment.

    It is the same time of day so many days later, by the clock on the business's wall.
    """
    gap = grace if done >= len(days) else days[done] - (days[done - 1] if done else 0)
    zone = ZoneInfo((await months.business(tx)).timezone)
    local = moment.astimezone(zone).replace(tzinfo=None) + timedelta(days=gap)
    return local.replace(tzinfo=zone).astimezone(moment.tzinfo)
