"""Holdings of loyalty: a member's cards, kept in the account of whoever showed the token that opens them.

What is kept is the member, whose one token opens all their cards; the list shows the card that matters now.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.holdings import holdings
from holdfast.shared.holdings.holdings import Holding, Item
from holdfast.systems.loyalty import cards

LINK = "/card#"
"""Where the application shows a member's cards; the token follows."""


class _Foremost(msgspec.Struct, frozen=True, kw_only=True):
    """The one of a member's cards that matters now: with a reward to be had, otherwise the one used last."""

    member_id: UUID
    card_token_version: int
    program: str
    stamps: int
    stamps_required: int
    promised: str
    earned: str | None
    """A reward that can be had now."""


async def describe(tx: Tx, member_ids: Sequence[UUID]) -> dict[UUID, Holding]:
    """The cards of those members as a list of everything shows them; one statement, however many there are."""
    return {
        card.member_id: Holding(
            title=card.program,
            subtitle=card.earned or card.promised,
            done=min(card.stamps, card.stamps_required),
            of=card.stamps_required,
            unit="stamps",
            ready=card.earned is not None,
            link=LINK + cards.token_of(tx, card.member_id, card.card_token_version),
        )
        for card in await tx.all(_Foremost, _FOREMOST, list(member_ids), tx.now)
    }


KIND = holdings.kind("loyalty.card", describe)


async def keep(tx: Tx, member_id: UUID) -> tuple[Item, bool]:
    """The signed-in person, who has shown the member's token, keeps the cards in their account; twice is once.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        NotFound: no card is left that could be shown.
    """
    found = await describe(tx, [member_id])
    if member_id not in found:
        raise NotFound("There is no card any more that could be kept.")
    kept, new = await holdings.add(tx, KIND, member_id, title=found[member_id].title)
    (item,) = await holdings.described(tx, [kept])
    return item, new


async def let_go(tx: Tx, member_id: UUID) -> None:
    """Nobody keeps the member's cards in their account any more: they were given out anew."""
    await holdings.let_go(tx, KIND, member_id)


_FOREMOST = """
    select m.id as member_id, m.card_token_version, c.*
    from loyalty_member as m cross join lateral (
        select p.name as program, c.stamps, p.stamps_required, p.reward as promised, r.reward as earned
        from loyalty_card as c
        join loyalty_program as p on p.tenant_id = c.tenant_id and p.id = c.program_id
        left join lateral (
            select r.reward from loyalty_reward as r
            where r.tenant_id = c.tenant_id and r.card_id = c.id and r.status = 'earned'
                and (r.expires_at is null or r.expires_at > $2)
            order by r.earned_at, r.id limit 1
        ) as r on true
        where c.tenant_id = m.tenant_id and c.member_id = m.id and (p.status = 'active' or r.reward is not null)
        order by (r.reward is not null) desc, c.last_visit_at desc nulls last, c.opened_at, c.id limit 1
    ) as c
    where m.id = any ($1)
"""
