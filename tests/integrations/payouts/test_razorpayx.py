"""RazorpayX: what is made once, what is found again, and answers that name nothing."""

from typing import Any
from uuid import UUID

import pytest

from holdfast.integrations import outcomes
from holdfast.integrations.payouts import Destination, Order
from holdfast.integrations.payouts.razorpayx import RazorpayX
from holdfast.kernel import ids
from holdfast.kernel.money import Money
from tests.integrations.payments.vendor import Vendor

KEYS = {"key_id": "rzp_test_1", "key_secret": "secret"}


def order(ref: str | None = None) -> Order:
    """A payout of ten rupees."""
    to = Destination(holder="Asha", country="IN", fields={"vpa": "asha@okbank"}, ref=ref)
    return Order(payout_id=ids.new(), amount=Money(1000, "INR"), reference="Payout", destination=to)


def standing(payout_id: UUID, status: str, **more: Any) -> dict[str, Any]:
    """A payout as RazorpayX tells it."""
    told = {"id": f"pout_{status}", "reference_id": str(payout_id), "status": status, "amount": 1000, "currency": "INR"}
    return told | more


async def test_a_bank_account_is_made_known_once_and_then_called_by_its_ref() -> None:
    async with Vendor() as vendor:
        rail = RazorpayX(KEYS, account="ACC1", base_url=vendor.url)
        vendor.answers("POST", "/v1/contacts", {"id": "cont_1"})
        vendor.answers("POST", "/v1/fund_accounts", {"id": "fa_1"})
        wanted = order()
        assert await rail.introduce(wanted, key="k") == "fa_1"
        assert vendor.last("POST", "/v1/fund_accounts").json["contact_id"] == "cont_1"
        known = order("fa_1")
        vendor.answers("POST", "/v1/payouts", standing(known.payout_id, "queued", fund_account_id="fa_1"))
        told = await rail.pay(known, key="k2")
        assert (told.standing, told.destination_ref) == ("queued", "fa_1")
        assert len(vendor.asked) == 3
        await rail.close()


async def test_an_answer_that_names_nothing_leads_to_no_payout() -> None:
    async with Vendor() as vendor:
        rail = RazorpayX(KEYS, account="ACC1", base_url=vendor.url)
        vendor.answers("POST", "/v1/contacts", {})
        with pytest.raises(outcomes.Transient):
            await rail.pay(order(), key="k")
        assert [asked.path for asked in vendor.asked] == ["/v1/contacts"]
        await rail.close()


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [(["failed", "processed"], "paid"), (["reversed", "queued", "failed"], "queued"), (["failed"], "failed")],
)
async def test_of_several_payouts_the_one_that_moved_money_is_found(statuses: list[str], expected: str) -> None:
    async with Vendor() as vendor:
        rail, ours = RazorpayX(KEYS, account="ACC1", base_url=vendor.url), ids.new()
        others = [standing(ids.new(), "processed")]
        vendor.answers("GET", "/v1/payouts", {"items": others + [standing(ours, status) for status in statuses]})
        found = await rail.find(ours)
        assert found is not None
        assert found.standing == expected
        await rail.close()
