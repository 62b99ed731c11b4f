"""Imports: past visits replayed as if each had been stamped on its day.

The same rules as at the counter apply, but for the gap between two stamps, and each visit keeps its own date: members
are enrolled at their first, rewards are earned when a card was full. Visits are replayed in the order of time, some
hundred in a transaction. A visit that is known is left alone, so an import that was cut off, however hard, is finished
by starting it again, and one that was finished adds nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import msgspec

from holdfast.kernel import clock
from holdfast.kernel.database import Database
from holdfast.kernel.tx import PLATFORM, Actor, Tx, transaction
from holdfast.systems.loyalty import history, programs, replays

Progress = Callable[[int, int], None]
"""Told how many of how many visits are done."""


class Report(msgspec.Struct, kw_only=True):
    """What an import did, or, as a dry run, would do."""

    dry_run: bool
    lines: int
    rejected: list[history.Rejected]
    visits: int
    """Visits that the file tells of."""
    visits_added: int
    visits_known: int
    """Visits that an earlier import had brought."""
    members_added: int
    rewards_earned: int

    def told(self) -> str:
        """The report in a sentence."""
        did = "would add" if self.dry_run else "added"
        return (
            f"{self.lines:,} lines, {len(self.rejected):,} rejected; {did} {self.visits_added:,} visits "
            f"({self.visits_known:,} were known), {self.members_added:,} members, {self.rewards_earned:,} rewards."
        )


async def import_visits(
    database: Database,
    tenant: UUID,
    program_id: UUID,
    file: Path,
    *,
    dry_run: bool = False,
    actor: Actor = PLATFORM,
    progress: Progress | None = None,
    batch: int = 500,
) -> Report:
    """Replay the visits of a file as stamps of a program. Opens its own transactions, one for every ``batch`` visits.

    Args:
        database: where.
        tenant: whose.
        program_id: the program whose cards are stamped.
        file: a CSV file as ``history`` reads it.
        dry_run: change nothing, only tell what would be done.
        actor: who imports.
        progress: told after every batch.
        batch: how many visits a transaction holds.

    Raises:
        history.NotAHistory: the file cannot be used at all; lines that cannot be used are in the report instead.
        NotFound, programs.Archived: there is no such program that gives stamps.
        NotAllowed: the actor lacks ``loyalty.import``.
    """
    async with transaction(database, tenant, actor) as tx:
        tx.must(replays.IMPORT)
        program = await programs.joinable(tx, program_id)
        place = await _place(tx, program_id)
    reading = await asyncio.to_thread(history.read, file, place)
    total = replays.Added()
    for start in range(0, len(reading.visits), batch):
        visits = reading.visits[start : start + batch]
        if not dry_run:
            async with transaction(database, tenant, actor) as tx:
                added = await replays.replay(tx, program_id, visits)
            total = replays.Added(
                total.visits + added.visits, total.members + added.members, total.rewards + added.rewards
            )
        if progress is not None:
            progress(min(start + batch, len(reading.visits)), len(reading.visits))
    if dry_run:
        async with transaction(database, tenant, actor) as tx:
            total = await _foreseen(tx, program, reading.visits, batch)
    return Report(
        dry_run=dry_run,
        lines=reading.lines,
        rejected=reading.rejected,
        visits=len(reading.visits),
        visits_added=total.visits,
        visits_known=len(reading.visits) - total.visits,
        members_added=total.members,
        rewards_earned=total.rewards,
    )


class _Where(msgspec.Struct):
    country: str
    currency: str
    timezone: str


async def _place(tx: Tx, program_id: UUID) -> history.Place:
    where = await tx.one(_Where, "select country, currency, timezone from tenants_tenant where id = kernel_tenant()")
    return history.Place(
        program_id=program_id,
        zone=clock.zone(where.timezone),
        country=where.country,
        currency=where.currency,
        now=tx.now,
    )


class _OnCard(msgspec.Struct):
    member_id: UUID
    stamps: int


async def _foreseen(tx: Tx, program: programs.Program, visits: Sequence[history.Visit], batch: int) -> replays.Added:
    """What an import of these visits would add, if nothing else happened until then."""
    fresh: list[history.Visit] = []
    for start in range(0, len(visits), batch):
        some = visits[start : start + batch]
        known = await replays.known_visits(tx, some)
        fresh += [visit for visit in some if visit.id not in known]
    customers = {visit.who: visit for visit in fresh}
    of_whom, _ = await replays.known_members(tx, customers)
    on_cards = await tx.all(
        _OnCard,
        "select member_id, stamps from loyalty_card where program_id = $1 and member_id = any ($2)",
        program.id,
        list(of_whom.values()),
    )
    held = {card.member_id: card.stamps for card in on_cards}
    coming = Counter(visit.who for visit in fresh)
    return replays.Added(
        visits=len(fresh),
        members=len(customers) - len(of_whom),
        rewards=sum(
            ((held.get(of_whom[who], 0) if who in of_whom else 0) + number) // program.stamps_required
            for who, number in coming.items()
        ),
    )
