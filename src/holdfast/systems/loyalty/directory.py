"""The directory: a business's members, listed newest first, or found by the start of a name or of a number.

Every list is read from an index in its own order and stops when the page is full, so that it costs the same among
two hundred members or two hundred thousand, however many a search would find.
"""

import re
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from holdfast.kernel import pages
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import members, phones, programs
from holdfast.systems.loyalty.members import Member


class Filter(msgspec.Struct, kw_only=True):
    """Which members are meant; absent fields leave out nobody."""

    search: Annotated[str, Meta(max_length=100)] | None = None
    """The start of a name, of its second or third word, or of a telephone number; or a whole external id."""
    program_id: UUID | None = None
    at_risk: bool = False
    """Only members at risk; with a program, only those whose card of it is."""


async def listing(tx: Tx, page: Page, wanted: Filter) -> Listing[Member]:
    """Members, newest first. Found by a search: those of that id, then those whose name begins so, then those whose
    second and third word does, each in the order of that word; or in the order of their numbers. Meets L36.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    tx.must(programs.READ)
    search = (wanted.search or "").strip()
    if search:
        number = phones.prefix(search, await members.country(tx)) if _PHONE.fullmatch(search) else None
        return await (
            _by_name(tx, page, wanted, search) if number is None else _by_phone(tx, page, wanted, search, number)
        )
    moment, last = page.after_moment()
    if wanted.program_id is not None:
        found = await tx.all(Member, _OF_PROGRAM, moment, last, page.fetch, wanted.program_id, wanted.at_risk)
    elif wanted.at_risk:
        found = await tx.all(Member, _AT_RISK, moment, last, page.fetch)
    else:
        found = await tx.all(Member, _NEWEST, moment, last, page.fetch)
    return pages.listing(page, found, lambda member: (member.enrolled_at, member.id))


async def _by_name(tx: Tx, page: Page, wanted: Filter, search: str) -> Listing[Member]:
    """Four lists one after the other: those of the id, and those whose first, second, third key begins so."""
    key = members.keys(search)["name_key"] or ""
    number, after, last = page.position(tuple[int, str, UUID]) or (-1, "", _NIL)
    # A later list starts where its words begin, an earlier one is over.
    starts = [
        (after, last) if turn == number else (key, _NIL) if turn > number else (_HIGHEST, _NIL) for turn in range(3)
    ]
    found = await tx.all(
        Member,
        _BY_NAME,
        key,
        key + _HIGHEST,
        search if number < 0 else None,
        page.fetch,
        wanted.program_id,
        wanted.at_risk,
        *(value for start in starts for value in start),
        search,
    )
    return pages.listing(page, found, lambda member: _place(member, key, search))


def _place(member: Member, key: str, search: str) -> tuple[int, str, UUID]:
    """In which of the four lists a found member is, and where."""
    if member.external_id != search:
        for number, word in enumerate(members.keys(member.name).values()):
            if word is not None and word.startswith(key):
                return number, word, member.id
    return -1, "", member.id


async def _by_phone(tx: Tx, page: Page, wanted: Filter, search: str, number: str) -> Listing[Member]:
    after = page.position(str)
    found = await tx.all(
        Member,
        _BY_PHONE,
        number,
        number + _HIGHEST,
        search if after is None else None,
        page.fetch,
        wanted.program_id,
        wanted.at_risk,
        after or "",
        search,
    )
    return pages.listing(page, found, lambda member: "" if member.external_id == search else member.phone)


_PHONE = re.compile(r"[+(]?[0-9][0-9 ().-]*")
_NIL = UUID(int=0)
_HIGHEST = "\U0010ffff"
"""Comes after every other character, so ``prefix + _HIGHEST`` is the end of what begins with the prefix."""

# The first page of the whole list is what a counter opens with, so it fetches what is shown and nothing else.
_NEWEST = """
    select id, phone, external_id, name, birthday, source, consent_at, consent_version, consent_channel, enrolled_at,
        visits, first_visit_at, last_visit_at, visit_frequency_days, at_risk
    from loyalty_member
    where (enrolled_at, id)
        < (coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by enrolled_at desc, id desc limit $3
"""
_AT_RISK = """
    select * from loyalty_member
    where at_risk and (enrolled_at, id)
        < (coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by enrolled_at desc, id desc limit $3
"""
_OF_PROGRAM = """
    select m.* from loyalty_member as m
    where (m.enrolled_at, m.id)
        < (coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    and exists (
        select from loyalty_card as c
        where c.member_id = m.id and c.program_id = $4 and (c.at_risk or not $5)
    )
    order by m.enrolled_at desc, m.id desc limit $3
"""
# $1 to $2 what is searched for, $3 the id (on the first page), $4 how many, $5 $6 filters, then where each list starts.
_BY_NAME = """
    with m as not materialized (
        select m.* from loyalty_member as m
        where case when $5::uuid is null then m.at_risk or not $6 else exists (
            select from loyalty_card as c
            where c.member_id = m.id and c.program_id = $5 and (c.at_risk or not $6)
        ) end
    )
    select * from (
        (select 0 as list, '' as key, * from m where external_id = $3::text)
        union all
        (select 1, name_key, * from m
            where name_key >= $1 and name_key < $2 and (name_key, id) > ($7::text, $8::uuid)
                and external_id is distinct from $13::text
            order by name_key, id limit $4)
        union all
        (select 2, second_key, * from m
            where second_key >= $1 and second_key < $2 and (second_key, id) > ($9::text, $10::uuid)
                and not (name_key >= $1 and name_key < $2) and external_id is distinct from $13
            order by second_key, id limit $4)
        union all
        (select 3, third_key, * from m
            where third_key >= $1 and third_key < $2 and (third_key, id) > ($11::text, $12::uuid)
                and not (name_key >= $1 and name_key < $2) and not (second_key >= $1 and second_key < $2)
                and external_id is distinct from $13
            order by third_key, id limit $4)
    ) as found
    order by list, key collate "C", id limit $4
"""
_BY_PHONE = """
    with m as not materialized (
        select m.* from loyalty_member as m
        where case when $5::uuid is null then m.at_risk or not $6 else exists (
            select from loyalty_card as c
            where c.member_id = m.id and c.program_id = $5 and (c.at_risk or not $6)
        ) end
    )
    select * from (
        (select 0 as list, * from m where external_id = $3::text)
        union all
        (select 1, * from m
            where phone >= $1 and phone < $2 and phone > $7::text and external_id is distinct from $8::text
            order by phone limit $4)
    ) as found
    order by list, phone limit $4
"""
