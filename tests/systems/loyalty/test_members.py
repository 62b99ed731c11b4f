"""Members: enrolling, finding, correcting."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound
from holdfast.kernel.tx import NOBODY, Tx, transaction
from holdfast.shared.ledger import accounts
from holdfast.systems.loyalty import cards, directory, members, phones, programs
from tests.conftest import Open, new_tenant
from tests.systems.loyalty import cafe

NIL = UUID(int=0)


def new(phone: str, name: str = "María José García", **fields: object) -> members.New:
    """Somebody who enrols."""
    return members.New(phone=phone, name=name, consent=cafe.CONSENT, **fields)  # type: ignore[arg-type]


@pytest.mark.meets("L53")
async def test_who_enrols_has_a_card(tx: Tx) -> None:
    program = await cafe.program(tx)
    enrolled = await members.enroll(tx, new("987 654 321"))
    member, card = enrolled.member, enrolled.card
    assert enrolled.new
    assert (member.phone, member.name, member.source) == ("+51987654321", "María José García", members.Source.staff)
    assert (member.consent_at, member.consent_version, member.consent_channel) == (tx.now, "2026-05 es", "counter")
    assert (card.member_id, card.program_id, card.stamps) == (member.id, program.id, 0)
    account = await tx.get(accounts.Account, card.account_id)
    assert (account.book, account.owner_id, account.unit, account.guarded) == (
        "loyalty.card", card.id, f"stamp:{program.id}", True,
    )  # fmt: skip
    told = (await cafe.told(tx))[1:]
    assert told == [
        members.Enrolled(member_id=member.id, source="staff", enrolled_at=tx.now),
        cards.Opened(card_id=card.id, member_id=member.id, program_id=program.id, opened_at=tx.now),
    ]


async def test_events_hold_nothing_personal(tx: Tx) -> None:
    await cafe.program(tx)
    enrolled = await members.enroll(tx, new("987654321", name="Zenobia Huamán"))
    await members.change(tx, enrolled.member.id, members.Change(name="Zenobia Quispe", phone="912345678"))
    bodies = await tx.all(str, "select body::text from kernel_event where tenant_id = kernel_tenant()")
    assert not [body for body in bodies if "Zenobia" in body or "987654321" in body or "912345678" in body]


@pytest.mark.meets("L53")
async def test_the_same_number_is_the_same_member(tx: Tx) -> None:
    await cafe.program(tx)
    lunch = await cafe.program(tx, name="Lunch")
    first = await members.enroll(tx, new("987654321"))
    again = await members.enroll(tx, new("+51 987-654-321", name="Somebody Else"))
    assert (again.new, again.member, again.card) == (False, first.member, first.card)
    other = await members.enroll(tx, new("987654321", program_id=lunch.id))
    assert other.member == first.member
    assert other.card.id != first.card.id


@pytest.mark.parametrize("name", ["\u200b", "\u200d\u200c", "a\u202eb", "NUL\x00", "bell\x07"])
async def test_a_name_can_be_read_at_the_counter(tx: Tx, name: str) -> None:
    await cafe.program(tx)
    with pytest.raises(Invalid, match="visible characters"):
        await members.enroll(tx, new("987654321", name=name))
    assert await tx.one(int, "select count(*) from loyalty_member") == 0
    member = (await members.enroll(tx, new("987654321", name="  Ana\n María \U0001f469\u200d\U0001f373"))).member
    assert member.name == "Ana María \U0001f469\u200d\U0001f373"
    with pytest.raises(Invalid):
        await members.change(tx, member.id, members.Change(name=name))


async def test_enrolling_at_once_makes_one_member(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)

    async def enroll() -> members.Enrollment:
        async with transaction(database, tenant) as tx:
            return await members.enroll(tx, new("987654321"))

    enrolled = await asyncio.gather(*(enroll() for _ in range(8)))
    assert len({one.member.id for one in enrolled}) == len({one.card.id for one in enrolled}) == 1
    assert sum(one.new for one in enrolled) == 1
    async with committed() as tx:
        assert await tx.all(int, "select count(*) from ledger_account where book = 'loyalty.card'") == [1]
        assert len(await cafe.told(tx)) == 3


async def test_two_businesses_have_members_of_their_own(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        mine = await members.enroll(tx, new("987654321"))
    async with committed(tenant=other_tenant) as tx:
        await cafe.program(tx)
        theirs = await members.enroll(tx, new("987654321"))
        assert theirs.new
        with pytest.raises(NotFound):
            await members.get(tx, mine.member.id)


@pytest.mark.parametrize(
    ("country", "written", "kept"),
    [
        ("PE", "987 654 321", "+51987654321"),
        ("PE", "01 4441234", "+5114441234"),
        ("IN", "098765 43210", "+919876543210"),
        ("JP", "090-1234-5678", "+819012345678"),
        ("NL", "06 12345678", "+31612345678"),
        ("NL", "+51 987 654 321", "+51987654321"),
    ],
)
def test_numbers_are_read_as_the_country_writes_them(country: str, written: str, kept: str) -> None:
    assert phones.e164(written, country) == kept


@pytest.mark.parametrize(
    "written", ["", "abc", "12", "98765432", "+999123456789", "887654321", "9876543210987654", "+51"]
)
async def test_impossible_numbers_enrol_nobody(tx: Tx, written: str) -> None:
    await cafe.program(tx)
    with pytest.raises(phones.NotAPhone) as refused:
        await members.enroll(tx, new(written))
    assert refused.value.detail
    assert refused.value.extra["errors"][0].field == "phone"
    assert await tx.all(int, "select count(*) from loyalty_member") == [0]
    assert len(await cafe.told(tx)) == 1


async def test_the_country_decides(database: Database) -> None:
    india = await new_tenant(database, country="IN")
    async with transaction(database, india) as tx:
        await cafe.program(tx)
        assert (await members.enroll(tx, new("98765 43210"))).member.phone == "+919876543210"
        with pytest.raises(phones.NotAPhone):
            await members.enroll(tx, new("987 654 321"))


async def test_a_birthday_lies_in_the_past(tx: Tx) -> None:
    await cafe.program(tx)
    with pytest.raises(members.BornLater):
        await members.enroll(tx, new("987654321", birthday=tx.now.date()))
    assert (await members.enroll(tx, new("987654321", birthday=tx.now.date() - timedelta(days=9000)))).new


async def test_staff_need_the_grant_and_customers_do_not(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
    async with committed(actor=cafe.actor("loyalty.read")) as tx:
        with pytest.raises(NotAllowed):
            await members.enroll(tx, new("987654321"))
        assert await tx.all(int, "select count(*) from loyalty_member") == [0]
    async with committed(actor=NOBODY) as tx:
        joined = await members.join(tx, new("987654321"))
        assert joined.member.source is members.Source.poster


async def test_a_changed_number_loses_nothing(tx: Tx) -> None:
    await cafe.program(tx)
    enrolled = await members.enroll(tx, new("987654321"))
    await cafe.stamp(tx, enrolled.card.id, 4)
    before = await tx.get(cards.Card, enrolled.card.id)
    changed = await members.change(tx, enrolled.member.id, members.Change(phone="912 345 678", name="María García"))
    assert (changed.id, changed.phone, changed.visits) == (enrolled.member.id, "+51912345678", 4)
    assert await tx.get(cards.Card, enrolled.card.id) == before
    assert (await members.by_phone(tx, "912345678")).id == changed.id
    with pytest.raises(NotFound):
        await members.by_phone(tx, "987654321")
    assert (await cafe.told(tx))[-1] == members.Changed(member_id=changed.id, fields=["name", "phone"])


async def test_a_number_cannot_be_taken_from_another(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        first = await members.enroll(tx, new("987654321"))
        await members.enroll(tx, new("912345678"))
    with pytest.raises(members.PhoneTaken):
        async with committed() as tx:
            await members.change(tx, first.member.id, members.Change(phone="912345678"))
    async with committed() as tx:
        assert (await members.get(tx, first.member.id)) == first.member
    async with committed(actor=cafe.actor("loyalty.read", "loyalty.enroll")) as tx:
        with pytest.raises(NotAllowed):
            await members.change(tx, first.member.id, members.Change(phone="911111111"))
        assert (await members.change(tx, first.member.id, members.Change(name="Other Name"))).name == "Other Name"


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("mari", ["Mariana Díaz", "María José García"]),
        ("GARCÍA", ["Gabriela Garcia", "María José García"]),
        ("jose gar", ["María José García"]),
        ("arcia", []),
        ("987", ["María José García"]),
        ("+51 987 654", ["María José García"]),
        ("0042", ["Mariana Díaz"]),
    ],
)
async def test_members_are_found_by_the_start_of_a_word_or_number(tx: Tx, search: str, names: list[str]) -> None:
    await cafe.program(tx)
    await members.enroll(tx, new("987654321", "María José García"))
    await members.enroll(tx, new("912345678", "Gabriela Garcia"))
    other = await members.enroll(tx, new("912345679", "Mariana Díaz"))
    await tx.update(other.member, external_id="0042")
    found = await directory.listing(tx, Page(), directory.Filter(search=search))
    assert sorted(member.name for member in found.items) == sorted(names)
    assert found.next is None


@pytest.mark.meets("L36")
@pytest.mark.parametrize("search", [None, "Ana"])
async def test_lists_come_in_pages_without_gaps(tx: Tx, search: str | None) -> None:
    coffee = await cafe.program(tx)
    lunch = await cafe.program(tx)
    enrolled = [await cafe.member(tx, name=f"Ana {number}") for number in range(7)]
    await tx.execute("update loyalty_member set enrolled_at = enrolled_at - interval '1 day' where name = 'Ana 3'")
    risky = enrolled[2]
    await tx.update(risky.member, at_risk=True)
    await tx.update(risky.card, at_risk=True)
    await members.enroll(tx, members.New(
        phone=enrolled[5].member.phone or "", name="Ana", consent=cafe.CONSENT, program_id=lunch.id
    ))  # fmt: skip

    async def pages(**wanted: object) -> list[str]:
        names: list[str] = []
        after = None
        while True:
            page = await directory.listing(
                tx,
                Page(after=after, limit=2),
                directory.Filter(search=search, **wanted),  # type: ignore[arg-type]
            )
            names += [member.name for member in page.items]
            after = page.next
            if after is None:
                return names

    everybody = await pages()
    newest = [f"Ana {number}" for number in (6, 5, 4, 2, 1, 0, 3)]
    assert everybody == (newest if search is None else sorted(newest))
    assert await pages(at_risk=True) == ["Ana 2"]
    assert await pages(program_id=coffee.id) == everybody
    assert await pages(program_id=lunch.id) == ["Ana 5"]
    assert await pages(program_id=coffee.id, at_risk=True) == ["Ana 2"]
    assert await pages(program_id=lunch.id, at_risk=True) == []


async def test_a_foreign_cursor_is_refused(tx: Tx) -> None:
    await cafe.program(tx)
    with pytest.raises(Invalid):
        await directory.listing(tx, Page(after="nonsense"), directory.Filter())


@pytest.mark.meets("L13", "I142", "P36")
async def test_lists_and_searches_use_an_index(where: Addresses, database: Database) -> None:
    tenant = await new_tenant(database)
    async with transaction(database, tenant) as tx:
        program = await cafe.program(tx)
        await tx.execute(
            "insert into loyalty_member (id, phone, name, name_key, second_key, source, enrolled_at, at_risk) "
            "select uuidv7(), '+519' || lpad(n::text, 8, '0'), 'Member ' || n, 'member ' || n, n::text, 'staff', "
            "$1::timestamptz - n * interval '1 minute', n % 50 = 0 from generate_series(1, 20000) as n",
            tx.now,
        )
    owner = await asyncpg.connect(where.owner)
    try:
        await owner.execute("analyze loyalty_member")
    finally:
        await owner.close()
    low, high = "19", "19\U0010ffff"
    asked = {
        "newest": (directory._NEWEST, (None, None, 51), "loyalty_member_newest"),
        "at risk": (directory._AT_RISK, (None, None, 51), "loyalty_member_at_risk"),
        "of a program": (directory._OF_PROGRAM, (None, None, 51, program.id, False), "loyalty_"),
        "by name": (
            directory._BY_NAME,
            (low, high, "19", 51, None, False, "", NIL, "", NIL, "", NIL, "19"),
            "loyalty_member_by_second",
        ),
        "by number": (
            directory._BY_PHONE,
            ("+51900019", "+51900019\U0010ffff", "x", 51, None, False, "", "x"),
            "loyalty_member_phone_once",
        ),
    }
    async with transaction(database, tenant, cafe.actor("loyalty.read")) as tx:
        for name, (sql, arguments, index) in asked.items():
            lines = await tx.connection.fetch(f"explain {sql}", *arguments)
            plan = "\n".join(row[0] for row in lines)
            assert index in plan, f"{name}: {plan}"
            assert "Seq Scan on loyalty_member" not in plan, f"{name}: {plan}"
        found = await directory.listing(tx, Page(limit=200), directory.Filter(search="Member 1999"))
        assert len(found.items) == 11


async def test_reissuing_ends_earlier_tokens(tx: Tx) -> None:
    await cafe.program(tx)
    enrolled = await cafe.member(tx)
    first = await cards.holder_token(tx, enrolled.member.id)
    assert cards.tenant_of_token(first) == tx.tenant
    assert await cards.holder(tx, first) == enrolled.member.id
    second = await members.reissue(tx, enrolled.member.id)
    assert await cards.holder(tx, second) == enrolled.member.id
    with pytest.raises(cards.NotYours):
        await cards.holder(tx, first)
    with pytest.raises(NotFound):
        await members.reissue(tx, enrolled.card.id)


async def test_nobody_joins_a_business_without_a_program(tx: Tx) -> None:
    with pytest.raises(programs.NoProgram):
        await members.join(tx, new("987654321"))
    assert await tx.all(int, "select count(*) from loyalty_member") == [0]


async def test_a_search_finds_everybody_once_page_by_page(tx: Tx) -> None:
    await cafe.program(tx)
    names = ["Luz Ana", "Ana Luz", "Ana Ana", "Rosa Luz Ana", "Zoe", "Anahí", "Luz Analía", "Ana Luz", "Iván"]
    enrolled = {(await cafe.member(tx, name=name)).member.id: name for name in names}
    named_so = next(member_id for member_id, name in enrolled.items() if name == "Zoe")
    await tx.execute("update loyalty_member set external_id = 'ana' where id = $1", named_so)
    found: list[str] = []
    after = None
    for _ in range(20):
        page = await directory.listing(tx, Page(after=after, limit=2), directory.Filter(search="ana"))
        found += [enrolled[member.id] for member in page.items]
        after = page.next
        if after is None:
            break
    assert found == ["Zoe", "Ana Ana", "Ana Luz", "Ana Luz", "Anahí", "Luz Ana", "Luz Analía", "Rosa Luz Ana"]
