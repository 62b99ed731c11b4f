"""Replays: past visits stamped in bulk, some hundred in a transaction, by the rules of the counter.

Cards are locked, the visits are worked out in memory in the order of time, and what came of it is written by a few
statements: the same rows, transfers, counters and events as if each visit had been stamped by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel import events, ids
from holdfast.kernel.auth import grant
from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import cards, history, members, programs, rewards, stamps

IMPORT = grant("loyalty.import", "Import members and past visits from a file", roles=("owner", "manager"))


class Added(msgspec.Struct):
    """How much was added."""

    visits: int = 0
    members: int = 0
    rewards: int = 0


class _Standing(msgspec.Struct):
    """A card with its member, as they stand while visits are replayed."""

    card_id: UUID
    member_id: UUID
    account_id: UUID
    places: int
    spent: int
    rewards: int
    visits: int
    first_visit_at: datetime | None
    last_visit_at: datetime | None
    member_visits: int
    member_first: datetime | None
    member_last: datetime | None


class _Ledger:
    """What is to be written for a list of visits."""

    def __init__(self, tx: Tx, program: programs.Program) -> None:
        self.tx = tx
        self.program = program
        self.transfers: list[tuple[Any, ...]] = []
        self.stamps: list[tuple[Any, ...]] = []
        self.rewards: list[dict[str, Any]] = []
        self.told: list[events.Event] = []

    def stamp(self, card: _Standing, visit: history.Visit) -> None:
        """One visit: what the counter's statement does, on the card as it stands in memory."""
        on_card = _seen(card.first_visit_at, card.last_visit_at, visit.at)
        of_member = _seen(card.member_first, card.member_last, visit.at)
        card.places += 1
        card.visits += 1
        card.member_visits += 1
        card.first_visit_at, card.last_visit_at = on_card.first, on_card.last
        card.member_first, card.member_last = of_member.first, of_member.last
        transfer_id = self._transfer(self.program.issued_account_id, card.account_id, 1, "loyalty.stamp", visit.id)
        earned = self._earn(card, visit.at) if card.places - card.spent >= self.program.stamps_required else None
        amount = visit.amount
        stamped = stamps.Stamped(
            stamp_id=visit.id,
            card_id=card.card_id,
            member_id=card.member_id,
            program_id=self.program.id,
            stamped_at=visit.at,
            stamps=card.places - card.spent,
            stamps_required=self.program.stamps_required,
            reward_id=None if earned is None else earned.reward_id,
            amount=amount,
            source=stamps.Source.imported.value,
            site_id=None,
            card=on_card,
            member=of_member,
        )
        self.told += [stamped] if earned is None else [stamped, earned]
        self.stamps.append(
            (
                visit.id,
                card.card_id,
                card.member_id,
                card.places,
                stamped.stamps,
                stamped.reward_id,
                transfer_id,
                None if amount is None else amount.minor,
                None if amount is None else amount.currency,
                visit.at,
            )
        )

    def _earn(self, card: _Standing, at: datetime) -> rewards.Earned:
        """The reward of a full card."""
        program = self.program
        card.spent += program.stamps_required
        card.rewards += 1
        earned = rewards.Earned(
            reward_id=ids.new(),
            card_id=card.card_id,
            member_id=card.member_id,
            program_id=program.id,
            stamps=program.stamps_required,
            earned_at=at,
            expires_at=None if program.reward_valid_days is None else at + timedelta(days=program.reward_valid_days),
        )
        self.rewards.append(
            {
                "id": earned.reward_id,
                "card_id": card.card_id,
                "member_id": card.member_id,
                "program_id": program.id,
                "reward": program.reward,
                "stamps": program.stamps_required,
                "last_place": card.spent,
                "transfer_id": self._transfer(
                    card.account_id,
                    program.rewarded_account_id,
                    program.stamps_required,
                    "loyalty.reward",
                    earned.reward_id,
                ),
                "earned_at": earned.earned_at,
                "expires_at": earned.expires_at,
            }
        )
        return earned

    def _transfer(self, debit: UUID, credit: UUID, amount: int, code: str, reference_id: UUID) -> UUID:
        transfer_id = ids.new()
        self.transfers.append((transfer_id, debit, credit, amount, code, reference_id))
        return transfer_id

    async def write(self, standing: Iterable[_Standing]) -> None:
        """Store everything, in a few statements."""
        tx, program, moved = self.tx, self.program, list(standing)
        await tx.execute(_TRANSFERS, programs.unit(program.id), tx.now, *_columns(self.transfers))
        await tx.insert_many(rewards.Reward, self.rewards)
        await tx.execute(
            _STAMPS, program.id, program.stamps_required, tx.actor.kind, tx.actor.id, *_columns(self.stamps)
        )
        await tx.execute(
            _CARDS,
            *_columns(
                (c.card_id, c.places, c.spent, c.rewards, c.visits, c.first_visit_at, c.last_visit_at) for c in moved
            ),
        )
        await tx.execute(
            _MEMBERS, *_columns((c.member_id, c.member_visits, c.member_first, c.member_last) for c in moved)
        )
        await tx.connection.executemany(events.INSERT, [events.stored(tx, event) for event in self.told])


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as columns, which is how a statement takes many at once."""
    return [list(column) for column in zip(*rows, strict=True)]


def _seen(first: datetime | None, last: datetime | None, at: datetime) -> stamps.Visits:
    return stamps.Visits(
        first_before=first,
        last_before=last,
        first=at if first is None else min(first, at),
        last=at if last is None else max(last, at),
    )


async def replay(tx: Tx, program_id: UUID, visits: Sequence[history.Visit]) -> Added:
    """Stamp these visits, all in this transaction. They are in the order of time, and later than those before."""
    tx.must(IMPORT)
    # One import at a time: two would wait for one another's members.
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"loyalty.import.{tx.tenant}")
    program = await programs.joinable(tx, program_id)
    known = await known_visits(tx, visits)
    fresh = [visit for visit in visits if visit.id not in known]
    if not fresh:
        return Added()
    ledger = _Ledger(tx, program)
    of_whom, enrolled = await _members(tx, fresh, ledger.told)
    standing = await _cards(tx, program, of_whom, fresh, ledger.told)
    for visit in fresh:
        ledger.stamp(standing[of_whom[visit.who]], visit)
    await ledger.write(standing.values())
    return Added(visits=len(fresh), members=enrolled, rewards=len(ledger.rewards))


async def known_visits(tx: Tx, visits: Sequence[history.Visit]) -> set[UUID]:
    """Which of these visits were replayed before."""
    return set(await tx.all(UUID, "select id from loyalty_stamp where id = any ($1)", [visit.id for visit in visits]))


async def _members(
    tx: Tx, visits: Sequence[history.Visit], told: list[events.Event]
) -> tuple[dict[tuple[str, str], UUID], int]:
    """The member of every customer in these visits, enrolled at their first visit if new; and how many are."""
    firsts: dict[tuple[str, str], history.Visit] = {}
    for visit in visits:
        firsts.setdefault(visit.who, visit)
    found, claims = await known_members(tx, firsts)
    for member_id, external_id in claims.items():
        await tx.execute("update loyalty_member set external_id = $2 where id = $1", member_id, external_id)
    taken = {visit.phone for who, visit in firsts.items() if who in found and visit.phone is not None}
    taken |= set(
        await tx.all(
            str,
            "select phone from loyalty_member where phone = any ($1)",
            [visit.phone for visit in firsts.values() if visit.phone is not None],
        )
    )
    missing = {who: visit for who, visit in firsts.items() if who not in found}
    rows = []
    for visit in missing.values():
        # A number is one member's. Who has an id of their own is told apart by it, and enrolled without the number.
        phone = None if visit.phone in taken else visit.phone
        if phone is not None:
            taken.add(phone)
        name = visit.name or visit.external_id or visit.phone or ""
        rows.append((ids.new(), phone, visit.external_id, name, *members.keys(name).values(), visit.at))
    if rows:
        enrolled = await tx.all(UUID, _ENROLL, *_columns(rows))
        when = {member_id: visit.at for (member_id, *_), visit in zip(rows, missing.values(), strict=True)}
        told += [
            members.Enrolled(member_id=member_id, source=members.Source.imported.value, enrolled_at=when[member_id])
            for member_id in enrolled
        ]
        found |= (await known_members(tx, missing))[0]
        return found, len(enrolled)
    return found, 0


class _Who(msgspec.Struct):
    id: UUID
    external_id: str | None
    phone: str | None


async def known_members(
    tx: Tx, customers: Mapping[tuple[str, str], history.Visit]
) -> tuple[dict[tuple[str, str], UUID], dict[UUID, str]]:
    """Which of these customers are members, by their id, or else by their number.

    Who is found by the number alone gets the id, so the second mapping holds the ids that members without one are to
    have. A number is one member's: another customer who shows the same number and another id is somebody else.
    """
    rows = await tx.all(
        _Who,
        "select id, external_id, phone from loyalty_member where external_id = any ($1) or phone = any ($2)",
        [visit.external_id for visit in customers.values() if visit.external_id is not None],
        [visit.phone for visit in customers.values() if visit.phone is not None],
    )
    by_id = {row.external_id: row.id for row in rows if row.external_id is not None}
    by_phone = {row.phone: row for row in rows if row.phone is not None}
    found: dict[tuple[str, str], UUID] = {}
    claims: dict[UUID, str] = {}
    for who, visit in customers.items():
        same = by_phone.get(visit.phone) if visit.phone is not None else None
        if visit.external_id in by_id:
            found[who] = by_id[visit.external_id]
        elif same is not None and visit.external_id is None:
            found[who] = same.id
        elif same is not None and visit.external_id is not None and same.external_id is None and same.id not in claims:
            found[who] = same.id
            claims[same.id] = visit.external_id
    return found, claims


async def _cards(
    tx: Tx,
    program: programs.Program,
    of_whom: dict[tuple[str, str], UUID],
    visits: Sequence[history.Visit],
    told: list[events.Event],
) -> dict[UUID, _Standing]:
    """The members' cards of the program, opened at their first visit if they had none, and locked."""
    owners = list(set(of_whom.values()))
    # Only members without a card are locked before their cards, so that nobody who stamps can be waiting for us.
    without = await tx.all(
        UUID,
        "select m.id from loyalty_member as m where m.id = any ($1) and not exists ("
        "select from loyalty_card as c where c.member_id = m.id and c.program_id = $2) order by m.id for no key update",
        owners,
        program.id,
    )
    carded = set(
        await tx.all(
            UUID,
            "select member_id from loyalty_card where member_id = any ($1) and program_id = $2",
            without,
            program.id,
        )
    )
    opened: dict[UUID, datetime] = {}
    for visit in visits:
        opened.setdefault(of_whom[visit.who], visit.at)
    fresh = [(member_id, ids.new(), ids.new(), opened[member_id]) for member_id in without if member_id not in carded]
    if fresh:
        columns = _columns(fresh)
        await tx.execute(_ACCOUNTS, columns[1], columns[2], programs.unit(program.id), tx.now)
        await tx.execute(_OPEN, program.id, *columns)
        told += [
            cards.Opened(card_id=card_id, member_id=member_id, program_id=program.id, opened_at=at)
            for member_id, card_id, _, at in fresh
        ]
    standing = await tx.all(_Standing, _STANDING, owners, program.id)
    return {card.member_id: card for card in standing}


_TRANSFERS = """
    insert into ledger_transfer (id, debit_id, credit_id, amount, unit, code, reference_id, at)
    select id, debit_id, credit_id, amount, $1, code, reference_id, $2
    from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::uuid[])
        as moved (id, debit_id, credit_id, amount, code, reference_id)
"""
_STAMPS = """
    insert into loyalty_stamp (
        id, card_id, member_id, program_id, place, stamps, stamps_required, reward_id, transfer_id, amount_minor,
        amount_currency, source, stamped_at, stamped_by_kind, stamped_by
    )
    select id, card_id, member_id, $1, place, stamps, $2, reward_id, transfer_id, amount_minor, amount_currency,
        'import', stamped_at, $3, $4
    from unnest(
        $5::uuid[], $6::uuid[], $7::uuid[], $8::bigint[], $9::bigint[], $10::uuid[], $11::uuid[], $12::bigint[],
        $13::text[], $14::timestamptz[]
    ) as given (
        id, card_id, member_id, place, stamps, reward_id, transfer_id, amount_minor, amount_currency, stamped_at
    )
"""
_CARDS = """
    update loyalty_card as c
    set places = moved.places, spent = moved.spent, rewards = moved.rewards, visits = moved.visits,
        first_visit_at = moved.first_visit_at, last_visit_at = moved.last_visit_at
    from unnest(
        $1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[]
    ) as moved (id, places, spent, rewards, visits, first_visit_at, last_visit_at)
    where c.id = moved.id
"""
_MEMBERS = """
    update loyalty_member as m
    set visits = moved.visits, first_visit_at = moved.first_visit_at, last_visit_at = moved.last_visit_at
    from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])
        as moved (id, visits, first_visit_at, last_visit_at)
    where m.id = moved.id
"""
_ENROLL = """
    insert into loyalty_member (
        id, phone, external_id, name, name_key, second_key, third_key, enrolled_at, source
    )
    select *, 'import'
    from unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]
    )
    on conflict do nothing returning id
"""
_ACCOUNTS = """
    insert into ledger_account (id, book, owner_id, unit, side, guarded, created_at)
    select id, 'loyalty.card', owner_id, $3, 'credit', true, $4
    from unnest($1::uuid[], $2::uuid[]) as opened (owner_id, id)
"""
_OPEN = """
    insert into loyalty_card (id, member_id, program_id, account_id, opened_at)
    select id, member_id, $1, account_id, opened_at
    from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[]) as opened (member_id, id, account_id, opened_at)
"""
_STANDING = """
    with card as (
        select * from loyalty_card where member_id = any ($1) and program_id = $2 order by id for no key update
    )
    select card.id as card_id, card.member_id, card.account_id, card.places, card.spent, card.rewards, card.visits,
        card.first_visit_at, card.last_visit_at, m.visits as member_visits, m.first_visit_at as member_first,
        m.last_visit_at as member_last
    from card join loyalty_member as m on m.tenant_id = card.tenant_id and m.id = card.member_id
"""
