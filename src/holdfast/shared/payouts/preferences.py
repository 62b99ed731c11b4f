"""Preferences: what a business decides about its payouts."""

import re
from typing import ClassVar, Literal, TypeAlias

from holdfast.kernel import settings as installation
from holdfast.kernel.auth import grant
from holdfast.kernel.problems import Invalid
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payments.connections import NoSandboxHere

MANAGE = grant("payouts.manage", "Decide how payouts are made", roles=("owner",))

RailName: TypeAlias = Literal["sandbox", "bank_file", "razorpayx"]


class Settings(Row):
    """How a business pays out."""

    table: ClassVar[str] = "payouts_settings"
    minimum: int
    """The least that is paid out at once, in minor units."""
    holding_days: int
    """How long an earning waits before it can be paid out."""
    two_approvals_above: int | None
    """Amounts above this many minor units take two people's approval; none do when absent."""
    rail: RailName
    """Who pays: ``bank_file`` is a file that somebody takes to the bank."""
    rail_account: str | None = None
    """The business's own account at the rail, where it has one."""


DEFAULT = Settings(minimum=100, holding_days=0, two_approvals_above=None, rail="bank_file")


async def settings(tx: Tx) -> Settings:
    """What the business decided, or the platform's own."""
    found = await tx.find(
        Settings,
        "select minimum, holding_days, two_approvals_above, rail, rail_account from payouts_settings "
        "where tenant_id = kernel_tenant()",
    )
    return found or DEFAULT


def keep_sandbox_out() -> None:
    """Stop where money is real.

    Raises:
        NoSandboxHere: this is production.
    """
    if installation.current().environment == "production":
        raise NoSandboxHere


async def decide(tx: Tx, wanted: Settings) -> Settings:
    """Decide how payouts are made from now on.

    Raises:
        NotAllowed: the actor lacks ``payouts.manage``.
        Invalid: a figure makes no sense, or an account's number.
        NoSandboxHere: it is the sandbox, and this is production.
    """
    tx.must(MANAGE)
    if not 0 <= wanted.minimum < 2**53:
        raise Invalid("The least amount is nothing or more.", field="minimum")
    if not 0 <= wanted.holding_days <= 365:
        raise Invalid("An earning waits a year at most.", field="holding_days")
    if wanted.two_approvals_above is not None and not 0 <= wanted.two_approvals_above < 2**53:
        raise Invalid("The limit is nothing or more.", field="two_approvals_above")
    if wanted.rail == "razorpayx" and not wanted.rail_account:
        raise Invalid("RazorpayX pays from an account, whose number it wants.", field="rail_account")
    if wanted.rail_account is not None and not re.fullmatch(r"[A-Za-z0-9]{1,34}", wanted.rail_account):
        raise Invalid("An account has 1 to 34 letters and digits.", field="rail_account")
    if wanted.rail == "sandbox":
        keep_sandbox_out()
    return await tx.one(
        Settings,
        "insert into payouts_settings (minimum, holding_days, two_approvals_above, rail, rail_account, changed_at) "
        "values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id) do update set minimum = excluded.minimum, "
        "holding_days = excluded.holding_days, two_approvals_above = excluded.two_approvals_above, "
        "rail = excluded.rail, rail_account = excluded.rail_account, changed_at = excluded.changed_at "
        "returning minimum, holding_days, two_approvals_above, rail, rail_account",
        wanted.minimum,
        wanted.holding_days,
        wanted.two_approvals_above,
        wanted.rail,
        wanted.rail_account,
        tx.now,
    )
