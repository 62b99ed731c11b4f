"""One request on its way through: what the edge, the gate, the caller and the answer know of it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from holdfast.kernel.http.caller import Identity
    from holdfast.kernel.http.idempotency import Deferred

SCOPE = "holdfast"
"""The member of the ASGI scope that holds the exchange."""


class Answer(msgspec.Struct):
    """A complete answer: status, headers as ASGI has them, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Exchange:
    """What is known of one request while it is carried out.

    Attributes:
        request_id: names the request in the answer, the logs, the events and the traces.
        address: the network address of the client, as far as trusted proxies tell it.
        headers: the request's headers by lower-case name; of a repeated header, the first.
        identity: who acts, once the gate has admitted the request.
        key: the idempotency key that the request carries and its route honours.
        claimed: the key has been taken by a transaction of this request.
        deferred: the transaction whose commit waits for the encoded answer.
        refused: the answer is a problem, so whatever waits must be rolled back.
        refund: the counter to give a hit back to when the request succeeds (sign-ins).
        rate: header values that tell the client how much of its rate is left.
        code: the code of the problem that was answered.
        reading: the method is one that changes nothing.
    """

    __slots__ = (
        "address",
        "claimed",
        "code",
        "deferred",
        "headers",
        "identity",
        "key",
        "rate",
        "reading",
        "refund",
        "refused",
        "request_id",
        "started",
        "tenant",
    )

    def __init__(
        self, *, request_id: str, address: str, headers: dict[bytes, bytes], started: float, reading: bool = False
    ) -> None:
        self.request_id = request_id
        self.address = address
        self.headers = headers
        self.started = started
        self.reading = reading
        self.identity: Identity | None = None
        self.tenant: UUID | None = None
        self.key: str | None = None
        self.claimed = False
        self.deferred: Deferred | None = None
        self.refused = False
        self.refund: str | None = None
        self.rate: list[tuple[bytes, bytes]] | None = None
        self.code: str | None = None

    def header(self, name: bytes) -> str | None:
        """A header of the request as text, or None."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


def of(scope: Any) -> Exchange:
    """The exchange of an ASGI scope."""
    exchange = scope[SCOPE]
    assert isinstance(exchange, Exchange)  # noqa: S101 - the edge puts it there before anything else runs
    return exchange
