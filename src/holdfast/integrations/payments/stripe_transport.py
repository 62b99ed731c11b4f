"""How Stripe's SDK reaches Stripe here: over httpx2, and with failures told apart by whether anything was sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

import httpx2
import msgspec
import stripe

from holdfast.integrations.outcomes import AuthFailed, CallFailed, Gone, RateLimited, Rejected, Transient, Unknown

CONNECT_SECONDS = 5.0
READ_SECONDS = 50.0
"""Stripe answers slow cards within 45 seconds."""


def unreached(error: httpx2.HTTPError) -> NoReturn:
    """Say how a request ended without an answer.

    Raises:
        Transient: no connection was made, so nothing was sent.
        Unknown: it was sent, wholly or in part.
    """
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.UnsupportedProtocol):
        raise Transient(type(error).__name__) from error
    raise Unknown(type(error).__name__) from error


def _readable(answer: httpx2.Response) -> bytes:
    """The body, or nothing: the SDK trips over bytes that are no text and over errors that are no objects."""
    try:
        told = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
    error = told.get("error") if isinstance(told, dict) else None
    return answer.content if answer.is_success or isinstance(error, dict) else b""


class Transport(stripe.HTTPClient):
    """The SDK's HTTP client. It never repeats a request by itself: whoever asked decides."""

    name = "httpx2"

    def __init__(self) -> None:
        super().__init__(verify_ssl_certs=True)
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS), trust_env=False, follow_redirects=False
        )

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request and give back body, status and headers."""
        try:
            answer = await self._client.request(method.upper(), url, headers=dict(headers), content=post_data or None)
        except httpx2.HTTPError as error:
            unreached(error)
        return _readable(answer), answer.status_code, answer.headers

    async def close_async(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def plain(found: Any) -> dict[str, Any]:
    """An object of the SDK's as plain members.

    Raises:
        Unknown: it is no object of Stripe's, though the answer was a good one.
    """
    told: Any = found.to_dict() if isinstance(found, stripe.StripeObject) else None
    if isinstance(told, dict) and (told.get("object") == "list" or isinstance(told.get("id"), str)):
        return told
    raise Unknown("The answer cannot be read.")


def failed(error: stripe.StripeError, *, moves: bool) -> CallFailed:
    """What an error of the SDK's means.

    Args:
        error: the SDK's.
        moves: whether the call moves something; then a server's failure leaves open whether it did.
    """
    status, code = error.http_status or 0, error.code or type(error).__name__
    message = error.user_message or str(error)
    match error:
        case stripe.AuthenticationError() | stripe.PermissionError():
            return AuthFailed(message)
        case stripe.RateLimitError():
            return RateLimited(message, retry_after=seconds(error.headers))
        case stripe.APIConnectionError():
            return Unknown(message) if moves else Transient(message)
        case stripe.InvalidRequestError() if status == 404 or code == "resource_missing":
            return Gone(code, message)
    if status >= 500 or status == 409 or isinstance(error, stripe.APIError):
        return Unknown(message) if moves else Transient(message)
    return Rejected(code, message)


def seconds(headers: Mapping[str, str] | None) -> timedelta | None:
    """How long the service asks us to wait, where it says so in seconds."""
    told = str((headers or {}).get("retry-after", ""))
    return timedelta(seconds=int(told)) if told.isascii() and told.isdecimal() and len(told) < 6 else None
