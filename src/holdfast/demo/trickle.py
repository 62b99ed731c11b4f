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

PAUSE_SECONDS = 2.5
"""The mean time between two guests of a café."""
_PRICES = (900, 1150, 1250, 1400, 1850, 2600)
_ENROLS = 0.06
"""Of those who come in, who is new."""
_IS_HAD = 0.7
"""Of the rewards that are earned, which are had at once; an older one is had by the next who comes."""
_MISTAKEN = 0.03
"""Of the stamps, which are taken back by whoever is responsible."""


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
        self._waiting: list[str] = []
        """Rewards that were earned and not had yet."""

    async def run(self) -> None:
        """Serve guests until cancelled; trouble with the API is counted and waited out."""
        async with contextlib.AsyncExitStack() as open_:
            staff = [await open_.enter_async_context(Client(self._address)) for _ in self.cafe.people]
            while True:
                try:
                    await self._come_to_work(staff)
                    await self._serve(staff)
                except Refused as refused:
                    self.done["refused"] += 1
                    self.last = f"refused: {refused.code.rpartition('.')[2] or refused.status}"
                except (httpx2.HTTPError, OSError) as error:
                    self.done["unreachable"] += 1
                    self.last = type(error).__name__
                await asyncio.sleep(self._chance.expovariate(1 / PAUSE_SECONDS))

    async def _come_to_work(self, staff: list[Client]) -> None:
        """Sign in whoever is not."""
        for client, person in zip(staff, self.cafe.people, strict=True):
            if client.tenant is None:
                await client.sign_in(person.email, PASSWORD)
                client.act_in(self._tenant)

    async def _serve(self, staff: list[Client]) -> None:
        """One guest, served by anybody; who is at the top of the list is responsible for what takes more grants."""
        owner, served_by = staff[0], self._chance.choice(staff)
        if not self._guests or self._chance.random() < 0.02:
            await self._look_round(served_by)
        if not self._guests or self._chance.random() < _ENROLS:
            await self._enroll(served_by)
            return
        if self._waiting and self._chance.random() < 0.05:
            await self._redeem(owner, self._waiting.pop())
            return
        given = await self._stamp(served_by)
        if given["reward_id"] is None:
            if self._chance.random() < _MISTAKEN:
                await self._take_back(owner, given["id"])
        elif self._chance.random() < _IS_HAD:
            await self._redeem(owner, given["reward_id"])
        else:
            self._waiting.append(given["reward_id"])

    async def _stamp(self, client: Client) -> dict[str, str]:
        stamp = {
            "id": str(uuid4()),
            "member_id": self._chance.choice(self._guests)["id"],
            "amount": {"minor": self._chance.choice(_PRICES), "currency": "PEN"},
        }
        started = time.perf_counter()
        given: dict[str, str] = await client.call("POST", "/api/loyalty/stamps", stamp)
        self.latencies_ms.append((time.perf_counter() - started) * 1000)
        self.done["stamps"] += 1
        self.last = f"stamped {given['stamps']} of {given['stamps_required']}"
        if given["reward_id"] is not None:
            self.done["rewards"] += 1
            self.last = "a card is full"
        return given

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

    async def _redeem(self, owner: Client, reward: str) -> None:
        """The owner hands the reward out on their word; a guest of the demo has no phone to show a code on."""
        await owner.call("POST", f"/api/loyalty/rewards/{reward}/redemption", {"id": str(uuid4())})
        self.done["redeemed"] += 1
        self.last = "handed out a reward"

    async def _take_back(self, owner: Client, stamp: str) -> None:
        await owner.call("POST", f"/api/loyalty/stamps/{stamp}/void", {"reason": "Stamped the wrong card"})
        self.done["voided"] += 1
        self.last = "took a stamp back"

    @property
    def median_ms(self) -> float:
        """The median time of the latest stamps, in milliseconds."""
        ordered = sorted(self.latencies_ms)
        return ordered[len(ordered) // 2] if ordered else 0.0
