"""Subscriptions: who may listen to what, and what is found of those who do."""

from datetime import UTC, datetime
from uuid import UUID

import jwt
import msgspec
import pytest

from holdfast.kernel import crypto, ids, subscriptions, topics
from holdfast.kernel.events import Cursor
from holdfast.kernel.history import reach, update
from holdfast.kernel.problems import NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.subscriptions import Access, ActorAccess, Index, Subscription, UnusableTopics, Update
from holdfast.kernel.topics import Selector
from holdfast.kernel.tx import NOBODY, Actor

MINE, THEIRS = ids.new(), ids.new()
ROOM = "/shouting/shouts"


def heard(tenant: UUID, *, subject: UUID | None = None, name: str = "shouting.shouts.shouted") -> Update:
    """An update about something in a tenant."""
    return update(
        {
            "name": name,
            "tenant_id": tenant,
            "subject_id": subject,
            "xid": 7,
            "seq": 1,
            "at": datetime(2026, 1, 1, tzinfo=UTC),
            "body": '{"number": 1}',
        }
    )


def person(*grants: str) -> Actor:
    """Somebody who holds grants."""
    return Actor(kind="person", id=MINE, person=MINE, grants=frozenset(grants))


def bearing(*event_topics: str) -> Access:
    """What a token covers."""
    access = subscriptions.token_access(subscriptions.subscriber_token(MINE, event_topics))
    assert access is not None
    return access


def test_a_person_hears_the_rooms_of_their_grants_in_their_tenant() -> None:
    access = ActorAccess(MINE, person("shouting.read"))
    assert access.covers(heard(MINE))
    assert not access.covers(heard(THEIRS))
    assert not access.covers(heard(MINE, name="loyalty.stamps.stamped"))


def test_a_scoped_grant_opens_no_room() -> None:
    assert not ActorAccess(MINE, person("shouting.read@own", "shouting.read@site")).covers(heard(MINE))


def test_a_room_may_ask_for_another_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "_room_grants", {})
    subscriptions.topic_grant(ROOM, "shouting.audit")
    assert subscriptions.grant_for("shouting/shouts") == "shouting.audit"
    assert not ActorAccess(MINE, person("shouting.read")).covers(heard(MINE))
    assert ActorAccess(MINE, person("shouting.audit")).covers(heard(MINE))


@pytest.mark.parametrize(
    ("topic", "problem"),
    [
        (topics.of_tenant(THEIRS, ROOM), NotFound),
        (topics.of_tenant(THEIRS, f"{ROOM}/{{id}}"), NotFound),
        ("/shouting/shouts", NotFound),
        (topics.of_tenant(MINE, "/loyalty/stamps"), NotAllowed),
        (topics.of_tenant(MINE, "/loyalty/stamps/{id}"), NotAllowed),
    ],
)
def test_a_person_is_refused_what_can_never_be_theirs(topic: str, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        ActorAccess(MINE, person("shouting.read")).check(Selector(topic))


@pytest.mark.parametrize("topic", ["*", "/tenants/{tenant}/shouting/shouts", topics.of_tenant(MINE, "{/any*}")])
def test_a_wide_selector_is_narrowed_by_what_the_person_may_hear(topic: str) -> None:
    subscription = Subscription(ActorAccess(MINE, person("shouting.read")), [Selector(topic)], limit=8, after=Cursor())
    assert subscription.wants(heard(MINE))
    assert not subscription.wants(heard(THEIRS))
    assert not subscription.wants(heard(MINE, name="loyalty.stamps.stamped"))


def test_nobody_hears_nothing() -> None:
    with pytest.raises(NotSignedIn):
        ActorAccess(MINE, NOBODY)


def test_a_token_covers_its_topics_and_no_more() -> None:
    subject, other = ids.new(), ids.new()
    access = bearing(f"{ROOM}/{subject}")
    assert access.covers(heard(MINE, subject=subject))
    assert not access.covers(heard(MINE, subject=other))
    assert not access.covers(heard(MINE))
    assert not access.covers(heard(THEIRS, subject=subject))
    access.check(Selector(topics.of_tenant(MINE, f"{ROOM}/{subject}")))
    access.check(Selector(topics.of_tenant(MINE, ROOM)))
    for topic in (f"{ROOM}/{other}", "/shouting/shout"):
        with pytest.raises(NotAllowed):
            access.check(Selector(topics.of_tenant(MINE, topic)))
    templated = bearing(f"{ROOM}/{{id}}")
    templated.check(Selector(topics.of_tenant(MINE, f"{ROOM}/{other}")))
    assert templated.covers(heard(MINE, subject=other))
    assert not templated.covers(heard(THEIRS, subject=other))


def test_tokens_survive_a_change_of_the_secret(settings: Settings) -> None:
    before = crypto.ring()
    try:
        crypto.use(settings)
        token = subscriptions.subscriber_token(MINE, [ROOM])
        changed = msgspec.structs.replace(settings, secret="n" * 32, previous_secrets=[settings.secret])
        crypto.use(changed)
        assert subscriptions.token_access(token) is not None
        crypto.use(msgspec.structs.replace(changed, previous_secrets=[]))
        assert subscriptions.token_access(token) is None
    finally:
        crypto._ring = before


@pytest.mark.parametrize(
    "claims",
    [{}, {"mercure": {}}, {"mercure": {"subscribe": []}}, {"mercure": {"subscribe": [7]}}, {"mercure": 7},
     {"mercure": {"subscribe": [""]}}],
)  # fmt: skip
def test_a_token_without_topics_opens_nothing(claims: dict[str, object]) -> None:
    key = next(iter(crypto.ring().signing("live").values()))
    with pytest.raises(NotSignedIn):
        subscriptions.token_access(jwt.encode({"exp": 4_000_000_000, **claims}, key, algorithm="HS256"))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "\udcff", "ey" * 4_000])
def test_what_is_no_token_of_ours_is_left_to_others(token: str) -> None:
    assert subscriptions.token_access(token) is None


def test_a_token_must_expire_and_be_signed() -> None:
    key = next(iter(crypto.ring().signing("live").values()))
    claims = {"mercure": {"subscribe": ["*"]}}
    assert subscriptions.token_access(jwt.encode(claims, key, algorithm="HS256")) is None
    timed = {**claims, "exp": 4_000_000_000}
    assert subscriptions.token_access(jwt.encode(timed, "", algorithm="none")) is None
    other = next(iter(crypto.ring().signing("session").values()))
    assert subscriptions.token_access(jwt.encode(timed, other, algorithm="HS256")) is None


def test_streams_are_counted_for_their_holder() -> None:
    assert ActorAccess(MINE, person()).holder == f"person:{MINE}"
    token = subscriptions.subscriber_token(MINE, [ROOM], holder=str(MINE))
    found = subscriptions.token_access(token)
    assert found is not None
    assert found.holder == f"token:{MINE}"
    assert bearing(ROOM).holder.startswith("token:")


@pytest.mark.parametrize("texts", [[], ["/a"] * 51, [""], ["/a\r"]])
def test_topics_that_cannot_be_used(texts: list[str]) -> None:
    with pytest.raises(UnusableTopics):
        subscriptions.selectors(texts)


def test_the_index_finds_whoever_listens_and_forgets_whoever_left() -> None:
    index = Index()
    subject = ids.new()
    mine = [topics.of_tenant(MINE, text) for text in (ROOM, f"{ROOM}/{subject}", f"{ROOM}/{{id}}", "/other")]
    wanted = [*mine, "*"]
    access = bearing("{+everything}")
    found = [Subscription(access, [Selector(text)], limit=8, after=Cursor()) for text in wanted]
    both = Subscription(access, [Selector(mine[0]), Selector(mine[2])], limit=8, after=Cursor())
    for subscription in (*found, both):
        index.add(subscription)
    expected = {found[0], found[1], found[2], found[4], both}
    listeners = index.listeners(heard(MINE, subject=subject))
    assert set(listeners) == expected
    assert len(listeners) == len(expected)
    assert set(index.listeners(heard(THEIRS, subject=subject))) == {found[4]}
    for subscription in (*found, both):
        index.remove(subscription)
        index.remove(subscription)
    assert index.listeners(heard(MINE, subject=subject)) == []
    assert (index._exact, index._templates, index._everything, index.subscriptions) == ({}, {}, set(), set())


def test_a_replay_reaches_no_further_than_it_must() -> None:
    subject = ids.new()
    access = bearing("{+everything}")

    def reached(*texts: str) -> tuple[list[str], list[UUID] | None, list[UUID] | None]:
        found = reach(Subscription(access, [Selector(text) for text in texts], limit=8, after=Cursor()))
        return found.names, found.tenants, found.subjects

    room = topics.of_tenant(MINE, ROOM)
    assert reached(room) == (["shouting.shouts."], [MINE], None)
    assert reached(f"{room}/{subject}") == (["shouting.shouts."], [MINE], [subject])
    assert reached(f"{room}/{subject}", room) == (["shouting.shouts.", "shouting.shouts."], [MINE], None)
    assert reached(f"{room}/{{id}}") == (["shouting.shouts."], [MINE], None)
    assert reached("*") == ([""], None, None)
    actor = ActorAccess(MINE, person("shouting.read"))
    assert reach(Subscription(actor, [Selector("*")], limit=8, after=Cursor())).tenants == [MINE]
