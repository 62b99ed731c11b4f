"""Customers: a member with everything they hold here, as the counter sees them and as they see themselves."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from holdfast.kernel import subscriptions, topics
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.holdings.holdings import Item
from holdfast.systems.loyalty import cards, holding, members, programs, rewards, stamps

LISTEN_SECONDS = 3600
_MOST_HEARD = subscriptions.MOST_TOPICS // 3


class OnCard(cards.Card, kw_only=True):
    """A card with what its program promises."""

    program: str
    program_status: programs.Status
    reward: str
    stamps_required: int


class Customer(members.Member, kw_only=True):
    """A member with their cards, their rewards (those still to be had first) and their latest stamps."""

    cards: list[OnCard]
    rewards: list[rewards.Reward]
    stamps: list[stamps.Stamp]
    """The latest 20; the list of stamps has them all."""


class OwnReward(msgspec.Struct, kw_only=True):
    """A reward as its owner sees it."""

    id: UUID
    card_id: UUID
    reward: str
    expires_at: datetime | None


class OwnCard(msgspec.Struct, kw_only=True):
    """A card as its owner sees it."""

    id: UUID
    program_id: UUID
    program: str
    reward: str
    stamps: int
    stamps_required: int
    visits: int
    last_visit_at: datetime | None
    at: datetime
    """When this was so, for a screen that shows it later without a network."""


class Listening(msgspec.Struct, kw_only=True):
    """What lets a holder's screen hear of their own cards as something happens."""

    token: str
    """Give it to the hub as ``authorization``."""
    topics: list[str]
    expires_at: datetime


class Own(msgspec.Struct, kw_only=True):
    """What a member sees of themselves."""

    tenant_id: UUID
    business: str
    slug: str
    logo_url: str | None
    accent: str | None
    country: str
    currency: str
    timezone: str
    languages: list[str]
    member_id: UUID
    name: str
    cards: list[OwnCard]
    rewards: list[OwnReward]
    """Those that can be had now."""


async def get(tx: Tx, member_id: UUID) -> Customer:
    """A member with everything they hold. One statement. Meets L38.

    Raises:
        NotFound: this business has no such member.
    """
    tx.must(programs.READ)
    found = await tx.find(Customer, _CUSTOMER, member_id)
    if found is None:
        raise NotFound(f"No member has the id {member_id}.")
    return found


async def find(tx: Tx, *, phone: str | None = None, code: str | None = None) -> Customer:
    """A member by their telephone number, or by the check-in code on their screen. Meets L30.

    Raises:
        Invalid: not exactly one of the two was given.
        NotFound: there is no such member.
        crypto.NotGenuine, crypto.Expired, cards.OtherBusiness: the code is not good here and now.
    """
    tx.must(programs.READ)
    if (phone is None) == (code is None):
        raise Invalid("Either phone or code says whom you look for.", field="phone")
    if code is not None:
        return await get(tx, (await tx.get(cards.Card, cards.card_of_code(tx, code))).member_id)
    return await get(tx, (await members.by_phone(tx, phone or "")).id)


async def own(tx: Tx, token: str) -> Own:
    """What the holder of a card token sees. Nobody signs in for it: the token is the proof.

    Raises:
        cards.NotYours: the token is not genuine, or another was given out since.
    """
    member_id = await cards.holder(tx, token)
    return await tx.one(Own, _OWN, member_id, tx.now)


async def listen(tx: Tx, token: str) -> Listening:
    """Let the holder's screen listen to what happens to their cards, for an hour. Nobody signs in for it. Meets W29.

    Raises:
        cards.NotYours: the token is not genuine, or another was given out since.
    """
    member_id = await cards.holder(tx, token)
    ids = await tx.all(UUID, "select id from loyalty_card where member_id = $1 order by opened_at, id", member_id)
    heard = [f"/loyalty/{noun}/{card_id}" for card_id in ids[:_MOST_HEARD] for noun in ("stamps", "voids", "rewards")]
    return Listening(
        token=subscriptions.subscriber_token(tx.tenant, heard, seconds=LISTEN_SECONDS, holder=str(member_id)),
        topics=[topics.of_tenant(tx.tenant, topic) for topic in heard],
        expires_at=tx.now + timedelta(seconds=LISTEN_SECONDS),
    )


async def keep(tx: Tx, token: str) -> tuple[Item, bool]:
    """The signed-in person keeps the cards that the token opens in their account; gives whether they did not before.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        programs.SwitchedOff: the business gives no stamp cards.
        cards.NotYours: the token is not genuine, or another was given out since.
        NotFound: no card is left that could be shown.
    """
    await programs.must_be_on(tx)
    member_id = await cards.holder(tx, token)
    await tx.one(UUID, "select id from loyalty_member where id = $1 for share", member_id)
    # Until the row was locked, another token could be given out; from here on, whoever does so waits, and then takes
    # what is kept here out of the account again.
    await cards.holder(tx, token)
    return await holding.keep(tx, member_id)


async def own_code(tx: Tx, token: str, *, card_id: UUID | None = None, reward_id: UUID | None = None) -> cards.Code:
    """A fresh code for the holder's screen: to be stamped, or to redeem a reward.

    Raises:
        cards.NotYours: the token is not genuine, or another was given out since.
        Invalid: not exactly one of card and reward was given.
        NotFound: the card or the reward is not the holder's, or is over.
    """
    member_id = await cards.holder(tx, token)
    if (card_id is None) == (reward_id is None):
        raise Invalid("Either card_id or reward_id says what the code is for.", field="card_id")
    if card_id is not None:
        return cards.check_in_code(tx, (await cards.own_card(tx, member_id, card_id)).id)
    reward = await tx.find(
        rewards.Reward,
        "select * from loyalty_reward where id = $1 and member_id = $2 and status = 'earned' "
        "and (expires_at is null or expires_at > $3)",
        reward_id,
        member_id,
        tx.now,
    )
    if reward is None:
        raise NotFound("You have no such reward to redeem.")
    return cards.reward_code(tx, reward.id)


# Built as json and not as jsonb, which would be parsed here only to be put together again.
_CUSTOMER = """
    select m.*,
        coalesce((
            select json_agg(c order by c.opened_at, c.id)
            from (
                select c.*, p.name as program, p.status as program_status, p.reward, p.stamps_required
                from loyalty_card as c
                join loyalty_program as p on p.tenant_id = c.tenant_id and p.id = c.program_id
                where c.tenant_id = m.tenant_id and c.member_id = m.id
            ) as c
        ), '[]') as cards,
        coalesce((
            select json_agg(r)
            from (
                select r.* from loyalty_card as c
                join loyalty_reward as r on r.tenant_id = c.tenant_id and r.card_id = c.id
                where c.tenant_id = m.tenant_id and c.member_id = m.id
                order by (r.status = 'earned') desc, r.earned_at desc, r.id desc limit 50
            ) as r
        ), '[]') as rewards,
        coalesce((
            select json_agg(s)
            from (
                select s.*, case when s.amount_minor is not null
                    then json_build_object('minor', s.amount_minor, 'currency', s.amount_currency) end as amount
                from loyalty_stamp as s
                where s.tenant_id = m.tenant_id and s.member_id = m.id
                order by s.stamped_at desc, s.id desc limit 20
            ) as s
        ), '[]') as stamps
    from loyalty_member as m where m.id = $1
"""
_OWN = """
    select t.id as tenant_id, t.name as business, t.slug, t.logo_url, t.accent, t.country, t.currency, t.timezone,
        t.languages, m.id as member_id, m.name,
        coalesce((
            select jsonb_agg(jsonb_build_object(
                'id', c.id, 'program_id', c.program_id, 'program', p.name, 'reward', p.reward, 'stamps', c.stamps,
                'stamps_required', p.stamps_required, 'visits', c.visits, 'last_visit_at', c.last_visit_at,
                'at', $2::timestamptz
            ) order by c.opened_at, c.id)
            from loyalty_card as c
            join loyalty_program as p on p.tenant_id = c.tenant_id and p.id = c.program_id
            where c.tenant_id = m.tenant_id and c.member_id = m.id and p.status = 'active'
        ), '[]') as cards,
        coalesce((
            select jsonb_agg(jsonb_build_object(
                'id', r.id, 'card_id', r.card_id, 'reward', r.reward, 'expires_at', r.expires_at
            ) order by r.earned_at, r.id)
            from loyalty_card as c
            join loyalty_reward as r on r.tenant_id = c.tenant_id and r.card_id = c.id
            where c.tenant_id = m.tenant_id and c.member_id = m.id and r.status = 'earned'
                and (r.expires_at is null or r.expires_at > $2)
        ), '[]') as rewards
    from loyalty_member as m join tenants_tenant as t on t.id = m.tenant_id where m.id = $1
"""
