"""RazorpayX on this machine: contacts, fund accounts and payouts over HTTP, which a test can lose, refuse or hold up.

It honours idempotency keys as RazorpayX does: the same key with another body is refused.
"""

import asyncio
from collections import defaultdict
from typing import Any, Literal, Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

Fault: TypeAlias = Literal["unheard", "lost", "refused", "unknown_keys", "busy"]
"""It does it and hangs up; hangs up; says no; does not know who asks; asks to be called less often."""
_SAID: dict[str, tuple[int, str]] = {
    "refused": (400, "It does not like this."),
    "unknown_keys": (401, "Who are you?"),
    "busy": (429, "Later."),
}


class Bank:
    """``async with Bank() as bank`` serves on a free port."""

    def __init__(self) -> None:
        self.payouts: dict[str, dict[str, Any]] = {}
        self.made: list[tuple[str, str | None, Any]] = []
        """What was asked to be made: path, idempotency key, body."""
        self.found_by: list[dict[str, str]] = []
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.blind = False
        """Whether its list shows nothing yet."""
        self.status = "processing"
        self.holds_up: asyncio.Event | None = None
        self.reached = asyncio.Event()
        self.url = ""
        self._keys: dict[str, tuple[Any, str]] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    def times(self, path: str) -> int:
        """How often something was asked to be made."""
        return sum(1 for asked, _, _ in self.made if asked == path)

    def now(self, status: str) -> None:
        """Every payout stands like this now."""
        for payout in self.payouts.values():
            payout["status"] = status

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length") or 0))
            parts = urlsplit(target)
            answer = await self._answer(
                method, parts.path.removeprefix("/v1"), dict(parse_qsl(parts.query)), headers, body
            )
            if answer is not None:
                content = msgspec.json.encode(answer[1])
                writer.write(f"HTTP/1.1 {answer[0]} Told\r\ncontent-length: {len(content)}\r\n".encode())
                writer.write(b"content-type: application/json\r\nconnection: close\r\n\r\n" + content)
                await writer.drain()
        finally:
            writer.close()

    async def _answer(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> tuple[int, Any] | None:
        if method == "GET":
            self.found_by.append(query | {"authorization": headers["authorization"]})
            ours = [one for one in self.payouts.values() if one["reference_id"] == query["reference_id"]]
            ours = [one for one in ours if one["account_number"] == query["account_number"]]
            return 200, {"items": [] if self.blind else ours}
        body, key = msgspec.json.decode(raw), headers.get("x-payout-idempotency")
        self.made.append((path, key, body))
        fault = self.faults[path].pop(0) if self.faults[path] else None
        held_up, self.holds_up = (self.holds_up, None) if path == "/payouts" else (None, self.holds_up)
        if held_up is not None:
            self.reached.set()
            await held_up.wait()
        if fault == "lost":
            return None
        if fault in _SAID:
            status, words = _SAID[fault]
            return status, {"error": {"code": "BAD_REQUEST_ERROR", "description": words}}
        made = self._make(path, key or "", body)
        return None if fault == "unheard" else made

    def _make(self, path: str, key: str, body: Any) -> tuple[int, Any]:
        number = sum(1 for asked, _, _ in self.made if asked == path)
        if path != "/payouts":
            return 200, {"id": f"{'cont' if path == '/contacts' else 'fa'}_{number}"}
        if key in self._keys:
            known, ref = self._keys[key]
            if known != body:
                words = "Different request body for the same idempotency key."
                return 400, {"error": {"code": "BAD_REQUEST_ERROR", "description": words}}
            return 200, self.payouts[ref]
        payout = body | {"id": f"pout_{number}", "status": self.status, "created_at": 1}
        self._keys[key] = body, payout["id"]
        self.payouts[payout["id"]] = payout
        return 200, payout
