"""How Razorpay is reached: over httpx2, with failures told apart by whether anything was sent."""

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from holdfast.integrations.outcomes import AuthFailed, CallFailed, Gone, RateLimited, Rejected, Transient, Unknown
from holdfast.integrations.payments import razorpay_shapes as shapes
from holdfast.integrations.payments import stripe_transport

ADDRESS = "https://api.razorpay.com"


class Transport:
    """Requests to Razorpay with a business's keys. None is ever repeated by itself: whoever asked decides."""

    def __init__(self, address: str | None, key_id: str, key_secret: str) -> None:
        self._client = httpx2.AsyncClient(
            base_url=address or ADDRESS,
            auth=(key_id, key_secret),
            timeout=httpx2.Timeout(stripe_transport.READ_SECONDS, connect=stripe_transport.CONNECT_SECONDS),
            trust_env=False,
            follow_redirects=False,
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request, and give back the object that is its answer. What is not a GET moves something."""
        moves = method != "GET"
        try:
            answer = await self._client.request(
                method, f"/v1{path}", json=body, params=dict(query or {}), headers=dict(headers or {})
            )
        except httpx2.HTTPError as error:
            if moves:
                stripe_transport.unreached(error)
            raise Transient(type(error).__name__) from error
        told = _read(answer.content)
        if not answer.is_success:
            raise _refused(answer, told, moves=moves)
        if method == "DELETE":
            return {}
        if isinstance(told, dict) and _known(told):
            return told
        raise (Unknown if moves else Transient)("The answer cannot be read.")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _known(told: Mapping[str, Any]) -> bool:
    """Whether it is something of Razorpay's: an object with a name, or a list."""
    named = any(shapes.text(told.get(name)) for name in ("id", "razorpay_payment_id"))
    return named or any(isinstance(told.get(name), list) for name in ("items", "payment_links"))


def _read(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _refused(answer: httpx2.Response, told: object, *, moves: bool) -> CallFailed:
    """What a refusal means."""
    status = answer.status_code
    code = shapes.text(shapes.member(told, "error", "code")) or f"http_{status}"
    message = shapes.text(shapes.member(told, "error", "description")) or "Razorpay refused this."
    if status in (401, 403):
        return AuthFailed(message)
    if status == 429:
        return RateLimited(message, retry_after=stripe_transport.seconds(answer.headers))
    if status >= 500 or status == 409 or status < 400:
        return Unknown(message) if moves else Transient(message)
    if status == 404 or "does not exist" in message:
        return Gone(code, message)
    return Rejected(code, message)
