"""The trickle: guests come in, staff stamp, rewards are had; all through the API, for as long as the demo runs."""

import asyncio
import contextlib
import random
import time
from collections import Counter, deque
from uuid import uuid4

import httpx2

from holdfast.demo.cafes import FAMILY, GIVEN, PASSWORD, Cafe
from holdfast.demo.client import Client, Refused

PAUSE_SECONDS = 1.2
"""The mean time between two guests of a café."""
_PRICES = (900, 1150, 1250, 1400, 1850, 2600)


class Trickle:
    """What one café's counter does, counted for the display."""

    def __init__(self, address: str, cafe: Cafe, tenant: str) -> None:
        self.cafe = cafe
        self.done: Counter[str] = Counter()
        self.latencies_ms: deque[float] = deque(maxlen=200)
        self.last = "opening the door"
        self._address = address
        self._tenant = tenant
        self._chance = random.Random()  # noqa: S311 - who comes in next is no secret
        self._guests: list[dict[str, str]] = []

    async def run(self) -> None:
        """Serve guests until cancelled; trouble with the API is counted and waited out."""
        async with Client(self._address) as client:
            while True:
                with contextlib.suppress(httpx2.HTTPError, OSError):
                    await client.sign_in(self.cafe.people[-1].email, PASSWORD)
                    client.act_in(self._tenant)
                    break
                await asyncio.sleep(1)
            while True:
                try:
                    await self._serve(client)
                except Refused as refused:
                    self.done["refused"] += 1
                    self.last = f"refused: {refused.code.rpartition('.')[2] or refused.status}"
                except (httpx2.HTTPError, OSError) as error:
                    self.done["unreachable"] += 1
                    self.last = type(error).__name__
                await asyncio.sleep(self._chance.expovariate(1 / PAUSE_SECONDS))

    async def _serve(self, client: Client) -> None:
        if not self._guests or self._chance.random() < 0.02:
            await self._look_round(client)
        if not self._guests or self._chance.random() < 0.04:
            await self._enroll(client)
            return
        guest = self._chance.choice(self._guests)
        stamp = {
            "id": str(uuid4()),
            "member_id": guest["id"],
            "amount": {"minor": self._chance.choice(_PRICES), "currency": "PEN"},
        }
        started = time.perf_counter()
        given = await client.call("POST", "/api/loyalty/stamps", stamp)
        self.latencies_ms.append((time.perf_counter() - started) * 1000)
        self.done["stamps"] += 1
        self.last = f"stamped {given['stamps']} of {given['stamps_required']}"
        if given["reward_id"] is not None:
            self.done["rewards"] += 1
            self.last = "a card is full"
            if self._chance.random() < 0.7:
                await self._redeem(given["reward_id"])
        elif self._chance.random() < 0.01:
            await self._take_back(client, given["id"])

    async def _look_round(self, client: Client) -> None:
        """Who might come in: a page of guests, mostly those who joined last."""
        path = f"/api/loyalty/businesses/{self._tenant}/customers"
        self._guests = (await client.call("GET", path, limit="200"))["items"]

    async def _enroll(self, client: Client) -> None:
        guest = {
            "phone": f"9{self._chance.randrange(10_000_000, 99_999_999)}",
            "name": f"{self._chance.choice(GIVEN)} {self._chance.choice(FAMILY)}",
            "consent": {"version": "2026-11 es", "channel": "counter"},
        }
        enrolled = await client.call("POST", "/api/loyalty/enrollments", guest)
        self._guests.append(enrolled["member"])
        self.done["members"] += 1
        self.last = "enrolled a guest"

    async def _redeem(self, reward: str) -> None:
        """The manager hands the reward out on their word; a guest of the demo has no phone to show a code on."""
        async with Client(self._address) as manager:
            await manager.sign_in(self.cafe.people[0].email, PASSWORD)
            manager.act_in(self._tenant)
            await manager.call("POST", f"/api/loyalty/rewards/{reward}/redemption", {"id": str(uuid4())})
        self.done["redeemed"] += 1
        self.last = "handed out a reward"

    async def _take_back(self, client: Client, stamp: str) -> None:
        with contextlib.suppress(Refused):
            await client.call("POST", f"/api/loyalty/stamps/{stamp}/void", {"reason": "Stamped the wrong card"})
            self.done["voided"] += 1
            self.last = "took a stamp back"

    @property
    def median_ms(self) -> float:
        """The median time of the latest stamps, in milliseconds."""
        ordered = sorted(self.latencies_ms)
        return ordered[len(ordered) // 2] if ordered else 0.0
