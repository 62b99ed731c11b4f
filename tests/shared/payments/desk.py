"""What tests of payments ask over HTTP: at the console, or as a provider that sends a message."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.kernel import ids

PEN = {"minor": 1250, "currency": "PEN"}
BACK = "/console/payments"


async def answered(client: httpx2.AsyncClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The body of a good answer."""
    answer = await client.request(method, f"/api/payments{path}", json=body, headers=headers)
    assert answer.status_code in (200, 201), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def refused(
    client: httpx2.AsyncClient, path: str, body: Any = None, *, method: str = "POST", **headers: str
) -> tuple[int, str]:
    """The status and code of a problem."""
    answer = await client.request(method, f"/api/payments{path}", json=body, headers=headers)
    assert answer.status_code >= 400, answer.text
    return answer.status_code, answer.json()["code"]


async def ask(client: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A payment that somebody is to pay."""
    customer = await answered(client, "POST", "/customers", {"name": "Ana Torres", "reference": "ana"})
    body = {"customer_id": customer["id"], "amount": PEN, "description": "Ten coffees"} | changes
    made: dict[str, Any] = await answered(client, "POST", "", body)
    return made


def signed(
    tenant: UUID, opened: ports.Connection, signal: ports.Signal, *, event: str | None = None
) -> tuple[str, bytes, dict[str, str]]:
    """A provider's message, as it comes to our door."""
    body = msgspec.json.encode(msgspec.to_builtins(signal) | {"id": event or f"evt_{ids.new().hex}"})
    scheme: Any = connecting.scheme(opened.provider)
    headers = scheme.sign(opened.credentials["webhook_secret"].encode(), body, at=datetime.now(UTC))
    return f"/api/webhooks/{opened.provider}/{tenant}", body, headers
