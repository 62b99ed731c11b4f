"""A party's own wallets over HTTP: seen, asked for, taken back, and nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor
from holdfast.shared.payouts import destinations, earnings, own, payouts, wallets
from tests import accounts, web
from tests.conftest import Open

IBAN = "ES9121000418450200051332"


async def earned(committed: Open, person: UUID, minor: int, currency: str) -> wallets.Wallet:
    """A wallet of somebody's with that much in it."""
    async with committed() as tx:
        wallet = await wallets.open_wallet(
            tx, kind="agent", party_id=person, name="Ana Torres", currency=currency, person_id=person
        )
        if minor:
            await earnings.credit(tx, wallet, amount=Money(minor, currency), code="test.commission", id=ids.new())
    return wallet


async def test_a_party_asks_for_its_money_and_takes_it_back(
    database: Database, settings: Settings, committed: Open, tenant: UUID
) -> None:
    account = await accounts.new_account(database)
    await earned(committed, account.person, 5000, "PEN")
    second = await earned(committed, account.person, 900, "USD")
    where = f"/api/own/{tenant}"
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)

        async def ask(method: str, path: str, body: Any = None, status: int = 200) -> Any:
            answer = await client.request(method, f"{where}{path}", json=body)
            assert answer.status_code == status, answer.text
            return answer.json() if answer.content else None

        listed = (await ask("GET", "/wallets"))["items"]
        assert [one["balances"]["available"]["minor"] for one in listed] == [5000, 900]
        assert listed[0]["minimum"] == {"minor": 100, "currency": "PEN"}
        named = {"holder": "Ana Torres", "country": "ES", "iban": IBAN}
        to = await ask("POST", "/wallet/destinations", named, 201)
        assert to["masked"] == "ES91 •••• 1332"
        wanted = {"amount": {"minor": 4000, "currency": "PEN"}, "destination_id": to["id"]}
        made = await ask("POST", "/wallet/payouts", wanted, 201)
        # Asked for again under its id it is the same, and tells no more of who decided at the business.
        assert made == await ask("POST", "/wallet/payouts", wanted | {"id": made["id"]}, 201)
        assert set(made) == set(own.OwnPayout.__struct_fields__)
        [payout] = (await ask("GET", "/wallet/payouts"))["items"]
        assert (payout["id"], payout["status"], payout["masked"]) == (made["id"], "requested", to["masked"])
        assert not {"requested_by", "decided_by", "provider_ref"} & payout.keys()
        for _ in range(2):
            await ask("POST", f"/wallet/payouts/{made['id']}/cancellation", status=204)
        assert (await ask("GET", "/wallet"))["balances"]["available"]["minor"] == 5000
        # The second wallet has accounts and payouts of its own.
        of_second = {"wallet_id": str(second.id)}
        await ask("POST", "/wallet/payouts", wanted | of_second | {"amount": {"minor": 900, "currency": "USD"}}, 404)
        other = await ask("POST", "/wallet/destinations", named | of_second, 201)
        dollars = {"amount": {"minor": 900, "currency": "USD"}, "destination_id": other["id"]}
        left = await ask("POST", "/wallet/payouts", dollars | of_second, 201)
        assert len((await ask("GET", f"/wallet/payouts?wallet={second.id}"))["items"]) == 1
        assert len((await ask("GET", f"/wallet/entries?wallet={second.id}"))["items"]) == 2
        async with committed() as tx:
            await payouts.moved(tx, await tx.get(payouts.Payout, UUID(left["id"]), lock=True), payouts.Status.approved)
        await ask("POST", f"/wallet/payouts/{left['id']}/cancellation", status=409)


async def test_a_wallet_is_its_partys_alone(
    database: Database, settings: Settings, committed: Open, tenant: UUID
) -> None:
    account, stranger = await accounts.new_account(database), await accounts.new_account(database)
    wallet = await earned(committed, account.person, 5000, "PEN")
    where = f"/api/own/{tenant}"
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        named = {"holder": "Ana Torres", "country": "ES", "iban": IBAN}
        to = (await client.post(f"{where}/wallet/destinations", json=named)).json()
        wanted = {"amount": {"minor": 4000, "currency": "PEN"}, "destination_id": to["id"]}
        made = (await client.post(f"{where}/wallet/payouts", json=wanted)).json()
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, stranger)
        assert (await client.get(f"{where}/wallets")).json() == {"items": []}
        bodies: list[tuple[str, str, Any]] = [
            ("GET", f"/wallet?wallet={wallet.id}", None),
            ("GET", f"/wallet/payouts?wallet={wallet.id}", None),
            ("GET", f"/wallet/entries?wallet={wallet.id}", None),
            ("POST", "/wallet/destinations", named | {"wallet_id": str(wallet.id)}),
            ("POST", "/wallet/payouts", wanted | {"wallet_id": str(wallet.id)}),
            ("POST", f"/wallet/payouts/{made['id']}/cancellation", None),
        ]
        for method, path, body in bodies:
            assert (await client.request(method, f"{where}{path}", json=body)).status_code == 404, path
    async with web.visitor(database, settings) as client:
        assert (await client.get(f"{where}/wallets")).status_code == 401


async def test_a_wallet_in_which_nothing_happened_can_be_looked_at(
    database: Database, settings: Settings, committed: Open, tenant: UUID
) -> None:
    account, owner = await accounts.new_account(database), await accounts.new_account(database)
    await accounts.employ(database, tenant, owner, "owner")
    wallet = await earned(committed, account.person, 0, "PEN")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        [found] = (await client.get(f"/api/own/{tenant}/wallets")).json()["items"]
        assert {one["minor"] for one in found["balances"].values()} == {0}
        for what in ("entries", "payouts"):
            assert (await client.get(f"/api/own/{tenant}/wallet/{what}")).json()["items"] == []
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, owner)
        client.headers["Holdfast-Tenant"] = str(tenant)
        assert (await client.get(f"/api/payouts/wallets/{wallet.id}")).json()["balances"] == found["balances"]
        assert (await client.get(f"/api/payouts/wallets/{wallet.id}/entries")).json()["items"] == []
        statement = await client.get(f"/api/payouts/wallets/{wallet.id}/statement?since=2026-01-01&until=2026-02-01")
        assert (statement.status_code, statement.json()["movements"]) == (200, [])


async def test_whoever_only_earns_has_an_account_too(
    database: Database, settings: Settings, committed: Open, tenant: UUID
) -> None:
    agent, nobody = [await accounts.new_account(database) for _ in range(2)]
    await earned(committed, agent.person, 2500, "PEN")
    await earned(committed, agent.person, 0, "USD")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, agent)
        (account,) = (await client.get("/api/own/accounts")).json()["items"]
        assert (account["tenant_id"], account["customer_id"], account["open_invoices"]) == (str(tenant), None, 0)
        assert len(account["earned"]) == 2
        assert (await client.get(f"/api/own/{tenant}/invoices")).status_code == 404
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, nobody)
        assert (await client.get("/api/own/accounts")).json()["items"] == []


async def test_a_party_sees_what_it_earned_and_when_it_can_be_had(
    database: Database, settings: Settings, committed: Open, tenant: UUID
) -> None:
    account, stranger = await accounts.new_account(database), await accounts.new_account(database)
    wallet = await earned(committed, account.person, 0, "PEN")
    async with committed() as tx:
        for minor, waits in ((5000, 0), (700, 14)):
            await earnings.credit(
                tx,
                wallet,
                amount=Money(minor, "PEN"),
                code="test.commission",
                id=ids.new(),
                available_on=await wallets.today(tx) + timedelta(days=waits),
                description=f"  Policy no. {waits}\n for Bella ",
            )
    where = f"/api/own/{tenant}/wallet"
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        first = (await client.get(f"{where}/earnings?limit=1")).json()
        [waiting] = first["items"]
        assert (waiting["status"], waiting["description"]) == ("pending", "Policy no. 14 for Bella")
        [there] = (await client.get(f"{where}/earnings", params={"after": first["next"]})).json()["items"]
        assert (there["status"], there["amount"]["minor"]) == ("available", 5000)
        [entry] = (await client.get(f"{where}/entries")).json()["items"]
        assert (entry["about"], entry["change"]) == ("Policy no. 0 for Bella", 5000)
        named = {"holder": "Ana Torres", "country": "ES", "iban": IBAN}
        to = (await client.post(f"{where}/destinations", json=named)).json()
        wanted = {"amount": {"minor": 4000, "currency": "PEN"}, "destination_id": to["id"]}
        assert (await client.post(f"{where}/payouts", json=wanted)).status_code == 201
        assert (await client.get(f"{where}/entries")).json()["items"][0]["about"] == "ES91 •••• 1332"
        today = datetime.now(UTC).date()
        span = {"since": str(today - timedelta(days=3)), "until": str(today + timedelta(days=3))}
        statement = (await client.get(f"{where}/statement", params=span)).json()
        assert [one["about"] for one in statement["movements"]] == ["Policy no. 0 for Bella"]
        assert statement["closing"]["minor"] == 5000
        backwards = {"since": span["until"], "until": span["since"]}
        assert (await client.get(f"{where}/statement", params=backwards)).status_code == 422
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, stranger)
        for what in ("earnings", "statement?since=2026-01-01&until=2026-02-01"):
            assert (await client.get(f"{where}/{what}")).status_code == 404


async def test_a_bank_account_is_removed_when_nothing_is_on_its_way_there(
    database: Database, settings: Settings, committed: Open, tenant: UUID
) -> None:
    account, stranger = await accounts.new_account(database), await accounts.new_account(database)
    await earned(committed, account.person, 5000, "PEN")
    where = f"/api/own/{tenant}/wallet"
    named = {"holder": "Ana Torres", "country": "ES", "iban": IBAN}
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        to = (await client.post(f"{where}/destinations", json=named)).json()
        # Named again it is the same, and as somebody else's it is refused.
        assert (await client.post(f"{where}/destinations", json=named)).json()["id"] == to["id"]
        other = await client.post(f"{where}/destinations", json=named | {"holder": "Luis Rey"})
        assert (other.status_code, other.json()["code"]) == (409, "payouts.destinations.already-named")
        wanted = {"amount": {"minor": 4000, "currency": "PEN"}, "destination_id": to["id"]}
        made = (await client.post(f"{where}/payouts", json=wanted)).json()
        refused = await client.delete(f"{where}/destinations/{to['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "payouts.destinations.still-needed")
        assert (await client.post(f"{where}/payouts/{made['id']}/cancellation")).status_code == 204
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, stranger)
        assert (await client.delete(f"{where}/destinations/{to['id']}")).status_code == 404
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        assert (await client.delete(f"{where}/destinations/{to['id']}")).status_code == 204
        assert (await client.delete(f"{where}/destinations/{to['id']}")).status_code == 404
        assert (await client.get(f"{where}")).json()["destinations"] == []
        assert (await client.post(f"{where}/payouts", json=wanted)).status_code == 404
        # What went there is still told, and the account may be named anew.
        [payout] = (await client.get(f"{where}/payouts")).json()["items"]
        assert payout["masked"] == to["masked"]
        again = await client.post(f"{where}/destinations", json=named | {"holder": "Luis Rey"})
        assert again.status_code == 201
        assert again.json()["id"] != to["id"]


async def test_many_own_wallets_take_no_more_statements_than_one(
    database: Database, committed: Open, tenant: UUID
) -> None:
    account = await accounts.new_account(database)
    taken, made = [], []
    for currency in ("PEN", "USD", "EUR"):
        wallet = await earned(committed, account.person, 700, currency)
        async with committed() as tx:
            for number in ("111111", "222222"):
                new = destinations.New(holder="Ana", country="PE", account_number=number)
                await destinations.add(tx, wallet, new)
        async with committed(Actor(kind="person", id=account.person, person=account.person)) as tx:
            made.append(wallet)
            asked: list[str] = []
            with tx.connection.query_logger(lambda record, asked=asked: asked.append(record.query)):
                shown = await own.shown_all(tx)
            taken.append(len(asked))
            assert shown == [await own.shown(tx, one) for one in made]
    assert len(set(taken)) == 1
