"""RazorpayX, over HTTP: a contact, a fund account and a payout, found again by our id as its reference.

Its answers are read tolerantly: a field that is missing or new leads to no failure. Nothing of an account is logged.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import httpx2
import msgspec

from holdfast.integrations.outcomes import AuthFailed, Gone, Rejected, Transient, Unknown
from holdfast.integrations.payouts import Order, Payout
from holdfast.kernel.money import Money

ADDRESS = "https://api.razorpay.com"
_STANDING: dict[str, Literal["queued", "processing", "paid", "failed", "returned"]] = {
    "queued": "queued",
    "pending": "queued",
    "scheduled": "queued",
    "processing": "processing",
    "processed": "paid",
    "rejected": "failed",
    "cancelled": "failed",
    "failed": "failed",
    "reversed": "returned",
}
_MATTERS = ("paid", "processing", "queued", "returned", "failed")
"""Of several payouts with our reference, the one that matters most: one that moved money, or may yet."""


class RazorpayX:
    """A business's account at RazorpayX."""

    def __init__(self, credentials: Mapping[str, str], *, account: str, base_url: str | None = None) -> None:
        self._account = account
        self._client = httpx2.AsyncClient(
            base_url=base_url or ADDRESS,
            auth=(credentials["key_id"], credentials["key_secret"]),
            timeout=httpx2.Timeout(50.0, connect=5.0),
            trust_env=False,
            follow_redirects=False,
        )

    async def _send(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, key: str | None = None, **query: Any
    ) -> dict[str, Any]:
        moves = method != "GET"
        headers = {} if key is None else {"X-Payout-Idempotency": key}
        try:
            answer = await self._client.request(method, f"/v1{path}", json=body, params=query, headers=headers)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Transient(type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise (Unknown if moves else Transient)(type(error).__name__) from error
        if answer.status_code >= 500 or answer.status_code == 409:
            raise (Unknown if moves else Transient)(f"It answered {answer.status_code}.")
        if answer.status_code == 429:
            raise Transient("It asks to be called less often.")
        try:
            told = msgspec.json.decode(answer.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise (Unknown if moves else Transient)("The answer cannot be read.") from error
        if answer.is_success and isinstance(told, dict):
            return told
        error_ = told.get("error") if isinstance(told, dict) else None
        code = str(error_.get("code")) if isinstance(error_, dict) else f"http_{answer.status_code}"
        message = str(error_.get("description")) if isinstance(error_, dict) else "RazorpayX refused this."
        if answer.status_code == 401:
            raise AuthFailed(message)
        raise (Gone if answer.status_code == 404 else Rejected)(code, message)

    async def pay(self, order: Order, *, key: str) -> Payout:
        """Pay; the idempotency key and our reference make it once."""
        fund = order.destination.ref or await self.introduce(order, key=key)
        vpa = "vpa" in order.destination.fields
        return _payout(
            await self._send(
                "POST",
                "/payouts",
                key=key,
                body={
                    "account_number": self._account,
                    "fund_account_id": fund,
                    "amount": order.amount.minor,
                    "currency": order.amount.currency,
                    "mode": "UPI" if vpa else "IMPS",
                    "purpose": "payout",
                    "queue_if_low_balance": True,
                    "reference_id": str(order.payout_id),
                    "narration": order.reference[:30],
                    "notes": {"holdfast_payout": str(order.payout_id)},
                },
            )
        )

    async def introduce(self, order: Order, *, key: str) -> str:
        """Make a contact and a fund account of it, to which every payout to this bank account goes."""
        contact = await self._send(
            "POST",
            "/contacts",
            key=f"{key}:contact",
            body={"name": order.destination.holder[:50], "type": "vendor", "reference_id": str(order.payout_id)},
        )
        fields = order.destination.fields
        body: dict[str, Any] = {"contact_id": _id(contact)}
        if "vpa" in fields:
            body |= {"account_type": "vpa", "vpa": {"address": fields["vpa"]}}
        else:
            account = {
                "name": order.destination.holder,
                "ifsc": fields.get("bank_code", ""),
                "account_number": fields.get("account_number", ""),
            }
            body |= {"account_type": "bank_account", "bank_account": account}
        made = await self._send("POST", "/fund_accounts", key=f"{key}:fund", body=body)
        return _id(made)

    async def fetch(self, ref: str) -> Payout:
        """How a payout stands."""
        return _payout(await self._send("GET", f"/payouts/{ref}"))

    async def find(self, payout_id: UUID) -> Payout | None:
        """What became of a payout of ours."""
        found = await self._send("GET", "/payouts", account_number=self._account, reference_id=str(payout_id))
        items = found.get("items")
        ours = [one for one in items if one.get("reference_id") == str(payout_id)] if isinstance(items, list) else []
        told = sorted((_payout(one) for one in ours), key=lambda one: _MATTERS.index(one.standing))
        return told[0] if told else None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _id(made: Mapping[str, Any]) -> str:
    if not made.get("id"):
        raise Transient("The answer names nothing.")
    return str(made["id"])


def _payout(found: Mapping[str, Any]) -> Payout:
    amount, at = found.get("amount"), found.get("created_at")
    details = found.get("status_details")
    reason = details.get("description") if isinstance(details, dict) else found.get("failure_reason")
    try:
        ours = UUID(str(found.get("reference_id")))
    except ValueError:
        ours = None
    return Payout(
        ref=str(found.get("id")),
        standing=_STANDING.get(str(found.get("status")), "processing"),
        amount=Money(amount if isinstance(amount, int) else 0, str(found.get("currency") or "INR")),
        payout_id=ours,
        destination_ref=str(found["fund_account_id"]) if found.get("fund_account_id") else None,
        trace=str(found["utr"]) if found.get("utr") else None,
        reason=str(reason) if reason else None,
        at=datetime.fromtimestamp(at if isinstance(at, int) else 0, UTC),
    )
