"""Subscriptions: who listens live to which topics, what each may receive, and the bounded queue of each."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import jwt
import msgspec

from holdfast.kernel import clock, crypto, topics
from holdfast.kernel.events import Cursor
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.topics import Selector
from holdfast.kernel.tx import Actor

MOST_TOPICS = 50
"""Topics of one subscription."""
HEARTBEAT = b":\n\n"

_room_grants: dict[str, str] = {}


class UnusableTopics(Invalid):
    """Say what to listen to with one or more topic parameters."""

    status = 400


def topic_grant(room: str, grant: str) -> None:
    """Say which grant a signed-in person needs to listen to a room such as ``/loyalty/stamps``.

    A room that nobody declared needs ``<system>.read``, as ``/loyalty/stamps`` needs ``loyalty.read``.
    """
    _room_grants[room.strip("/")] = grant


def grant_for(room: str) -> str:
    """The grant that listening to a room such as ``loyalty/stamps`` takes."""
    return _room_grants.get(room) or f"{room.partition('/')[0]}.read"


class Update(msgspec.Struct, frozen=True):
    """An event as live clients get it, encoded once for all of them."""

    cursor: Cursor
    tenant: UUID
    room: str
    topics: tuple[str, ...]
    encoded: bytes


class Access(Protocol):
    """What a subscriber may receive. Every update is private: whoever may not have it does not get it."""

    @property
    def holder(self) -> str:
        """Whom the number of open streams is counted for."""

    @property
    def expires_at(self) -> float | None:
        """When the stream must end, in seconds since 1970; None when something else decides."""

    @property
    def tenants(self) -> frozenset[UUID] | None:
        """The tenants whose updates it can cover; None when that cannot be said."""

    def check(self, selector: Selector) -> None:
        """Stop a subscription to what this access never covers.

        Raises:
            NotFound: the topic belongs to another tenant.
            NotAllowed: a grant, or the token, does not cover the topic.
        """

    def covers(self, update: Update) -> bool:
        """Whether the update may be sent."""


class TokenAccess:
    """What a subscriber's token covers: the topic selectors in its ``mercure.subscribe`` claim."""

    def __init__(self, selectors: Sequence[Selector], *, holder: str, expires_at: float) -> None:
        self._exact = frozenset(selector.text for selector in selectors if selector.exact)
        self._open = tuple(selector for selector in selectors if not selector.exact)
        self.holder = holder
        self.expires_at: float | None = expires_at
        found = {selector.tenant for selector in selectors}
        self.tenants = frozenset(tenant for tenant in found if tenant is not None) if None not in found else None

    def check(self, selector: Selector) -> None:
        """Stop an exact topic that no selector of the token reaches; what a template may have is decided per update."""
        if not selector.exact or selector.text in self._exact:
            return
        if any(owned.matches(selector.text) for owned in self._open):
            return
        # An update is about its noun and its subject at once, so who may see one subject may listen at the noun.
        if any(topic.startswith(f"{selector.text}/") for topic in self._exact):
            return
        raise NotAllowed(f"The token does not cover the topic {selector.text}.")

    def covers(self, update: Update) -> bool:
        """Whether a selector of the token matches one of the update's topics."""
        if not self._exact.isdisjoint(update.topics):
            return True
        return any(selector.matches(topic) for selector in self._open for topic in update.topics)


class ActorAccess:
    """What a signed-in actor may listen to: rooms of the tenant acted in, by tenant-wide grants."""

    def __init__(self, tenant: UUID, actor: Actor, *, expires_at: float | None = None) -> None:
        """Raises NotSignedIn for nobody, to whom nothing is public."""
        if actor.kind == "nobody":
            raise NotSignedIn
        self._tenant = tenant
        self._actor = actor
        self._rooms: dict[str, bool] = {}
        self.tenants: frozenset[UUID] | None = frozenset({tenant})
        self.holder = f"{actor.kind}:{actor.person or actor.id}"
        self.expires_at = expires_at

    def _may(self, room: str) -> bool:
        known = self._rooms.get(room)
        if known is None:
            known = self._rooms[room] = self._actor.may(grant_for(room))
        return known

    def check(self, selector: Selector) -> None:
        """Stop another tenant's topic, a room without the grant, and an exact topic that can never exist."""
        if selector.tenant is None and selector.exact:
            raise NotFound(f"There is no topic {selector.text}.")
        if selector.tenant is not None and selector.tenant != self._tenant:
            raise NotFound(f"There is no topic {selector.text}.")
        if selector.room is not None and not self._may(selector.room):
            raise NotAllowed(f"It takes the grant {grant_for(selector.room)}.", grant=grant_for(selector.room))

    def covers(self, update: Update) -> bool:
        """Whether the update is of this tenant and of a room whose grant the actor holds."""
        return update.tenant == self._tenant and self._may(update.room)


def subscriber_token(
    tenant: UUID, event_topics: Iterable[str], *, seconds: int = 3600, holder: str | None = None
) -> str:
    """A token that lets a page listen to topics of one tenant, for those whom no grant lets listen to the whole room.

    Args:
        tenant: the tenant whose topics they are.
        event_topics: topics of events (``/loyalty/cards/{id}`` with the id filled in) or templates of them.
        seconds: how long it is valid; the stream ends then and the page asks for another.
        holder: whom open streams are counted for, such as the person's id; the token alone when absent.
    """
    now = clock.now()
    claims: dict[str, object] = {
        "mercure": {"subscribe": [topics.of_tenant(tenant, topic) for topic in event_topics]},
        "iat": now,
        "exp": now + timedelta(seconds=seconds),
    }
    if holder is not None:
        claims["sub"] = holder
    return jwt.encode(claims, _keys()[0], algorithm="HS256")


def _keys() -> list[bytes]:
    # Keys of their own purpose: no token made for something else opens a stream, and none of these signs anyone in.
    return list(crypto.ring().signing("live").values())


class _Mercure(msgspec.Struct):
    subscribe: list[str] = []


class _Claims(msgspec.Struct):
    exp: float
    mercure: _Mercure = msgspec.field(default_factory=_Mercure)
    sub: str | None = None


def token_access(token: str) -> TokenAccess | None:
    """What a token covers; None when it is no live token at all, but perhaps somebody's access token.

    Raises:
        NotSignedIn: it was a live token and has expired, or lets its holder listen to nothing.
    """
    for key in _keys():
        try:
            decoded = jwt.decode(token, key, algorithms=["HS256"], options={"require": ["exp"]})
        except jwt.ExpiredSignatureError:
            raise NotSignedIn("The live token has expired.") from None
        except (jwt.InvalidTokenError, UnicodeError):
            continue
        try:
            claims = msgspec.convert(decoded, _Claims)
            covered = [Selector(text) for text in claims.mercure.subscribe]
        except (msgspec.ValidationError, topics.Malformed):
            covered = []
        if not covered:
            raise NotSignedIn("The token lets its holder listen to nothing.")
        holder = claims.sub or crypto.digest(token).hex()
        return TokenAccess(covered, holder=f"token:{holder}", expires_at=claims.exp)
    return None


def selectors(texts: Sequence[str]) -> list[Selector]:
    """The topic parameters of a request, understood.

    Raises:
        UnusableTopics: there are none, too many, or one that cannot be a topic.
    """
    if not texts:
        raise UnusableTopics("The parameter topic is missing.", field="topic")
    if len(texts) > MOST_TOPICS:
        raise UnusableTopics(f"One subscription has at most {MOST_TOPICS} topics.", field="topic")
    try:
        return [Selector(text) for text in dict.fromkeys(texts)]
    except topics.Malformed as error:
        raise UnusableTopics(str(error), field="topic") from None


class Subscription:
    """One client's topics and the updates that wait for it.

    The queue is bounded: a client that does not take its updates is closed, and catches up when it comes back with
    the id of the last one it had.
    """

    __slots__ = ("_limit", "_queue", "_waiter", "access", "after", "closed", "on_close", "selectors", "silent")

    def __init__(self, access: Access, wanted: Sequence[Selector], *, limit: int, after: Cursor) -> None:
        for selector in wanted:
            access.check(selector)
        self.access = access
        self.selectors = tuple(wanted)
        self.after = after
        self.silent = 0
        self.closed: str | None = None
        self.on_close: Callable[[], None] | None = None
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def wants(self, update: Update) -> bool:
        """Whether a selector matches and the access covers the update."""
        return self.access.covers(update) and any(
            selector.matches(topic) for selector in self.selectors for topic in update.topics
        )

    def push(self, update: Update) -> bool:
        """Queue an update that a selector matched; False when the client was too slow and is closed for it."""
        if self.closed is not None or update.cursor <= self.after or not self.access.covers(update):
            return True
        if len(self._queue) >= self._limit:
            self.close("slow")
            return False
        self._queue.append(update.encoded)
        self.silent = 0
        self._wake()
        return True

    def tend(self, moment: float, *, patience: int) -> None:
        """Called at every tick of the hub: end what expired, and say something after so many ticks of silence."""
        self.silent += 1
        if self.access.expires_at is not None and self.access.expires_at <= moment:
            self.close("expired")
        elif self.silent >= patience and not self._queue and self.closed is None:
            self.silent = 0
            self._queue.append(HEARTBEAT)
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self, reason: str) -> None:
        """End the subscription; what was queued for a slow client is forgotten, as it will be replayed."""
        if self.closed is not None:
            return
        self.closed = reason
        self._queue.clear()
        self._wake()
        if self.on_close is not None:
            self.on_close()

    async def next(self) -> bytes | None:
        """Everything queued, at once, as soon as there is something; None when it is closed."""
        if not self._queue and self.closed is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.closed is not None:
            return None
        chunk = self._queue.popleft() if len(self._queue) == 1 else b"".join(self._queue)
        self._queue.clear()
        return chunk


class Index:
    """Subscriptions by what they listen to, so that an update is not compared with every client."""

    def __init__(self) -> None:
        self.subscriptions: set[Subscription] = set()
        self._everything: set[Subscription] = set()
        self._exact: dict[str, set[Subscription]] = {}
        self._templates: dict[str, tuple[Selector, set[Subscription]]] = {}
        self._matched: dict[str, tuple[str, ...]] = {}

    def add(self, subscription: Subscription) -> None:
        """Let a subscription be found."""
        self.subscriptions.add(subscription)
        for selector in subscription.selectors:
            if selector.everything:
                self._everything.add(subscription)
            elif selector.exact:
                self._exact.setdefault(selector.text, set()).add(subscription)
            else:
                if selector.text not in self._templates:
                    self._templates[selector.text] = (selector, set())
                    self._matched.clear()
                self._templates[selector.text][1].add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Forget a subscription; no topic of it stays behind."""
        self.subscriptions.discard(subscription)
        self._everything.discard(subscription)
        for selector in subscription.selectors:
            if selector.exact and (listeners := self._exact.get(selector.text)):
                listeners.discard(subscription)
                if not listeners:
                    del self._exact[selector.text]
            elif selector.text in self._templates:
                listeners = self._templates[selector.text][1]
                listeners.discard(subscription)
                if not listeners:
                    del self._templates[selector.text]
                    self._matched.clear()

    def listeners(self, update: Update) -> list[Subscription]:
        """The subscriptions of which a selector matches one of the update's topics."""
        found = [self._everything] if self._everything else []
        for topic in update.topics:
            if listeners := self._exact.get(topic):
                found.append(listeners)
            if self._templates:
                found.extend(self._templates[text][1] for text in self._matching(topic))
        if len(found) == 1:
            return list(found[0])
        return list(set().union(*found))

    def _matching(self, topic: str) -> tuple[str, ...]:
        known = self._matched.get(topic)
        if known is None:
            if len(self._matched) >= 10_000:
                self._matched.clear()
            known = tuple(text for text, (selector, _) in self._templates.items() if selector.matches(topic))
            self._matched[topic] = known
        return known
