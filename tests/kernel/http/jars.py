"""A noun of the tests' own: jars of coins, with routes that do every thing a route may do."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import asyncpg
import msgspec
from litestar import Litestar, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from holdfast.kernel import http, ids, pages
from holdfast.kernel.database import Database
from holdfast.kernel.http import Caller, Credentials, Identity
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotSignedIn, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor, Tx

SCHEMA = """
create table probe_jar (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    label text not null,
    coins bigint not null default 0,
    opened_at timestamptz,
    twin_id uuid references probe_jar (id) deferrable initially deferred
);
call kernel_protect('probe_jar');
"""


class Jar(Row):
    """A jar."""

    table: ClassVar[str] = "probe_jar"

    id: UUID
    label: str
    coins: int
    opened_at: datetime | None
    twin_id: UUID | None


class Full(Problem):
    """The jar is full."""


class NewJar(msgspec.Struct):
    """What a new jar is made from."""

    label: Annotated[str, Meta(min_length=1, max_length=100)]
    coins: int = 0
    opened_at: datetime | None = None
    twin_id: UUID | None = None


class Coins(msgspec.Struct):
    """Coins to put in."""

    coins: Annotated[int, Meta(ge=1)]


async def fill(tx: Tx, jar_id: UUID, coins: int) -> Jar:
    """Put coins into a jar."""
    tx.must("probe.fill")
    jar = await tx.get(Jar, jar_id, lock=True)
    if jar.coins + coins > 1_000:
        raise Full(f"It holds {jar.coins}.", room=1_000 - jar.coins)
    return await tx.update(jar, coins=jar.coins + coins)


@post("/api/probe/jars", grant="probe.fill")
async def create(caller: Caller, data: NewJar) -> Jar:
    """Make a jar."""
    async with caller.transaction() as tx:
        return await tx.insert(Jar, id=ids.new(), **msgspec.structs.asdict(data))


@get("/api/probe/jars", grant="probe.read")
async def listing(caller: Caller, page: Page) -> Listing[Jar]:
    """List the jars, oldest first."""
    async with caller.transaction() as tx:
        rows = await tx.all(
            Jar,
            "select * from probe_jar where ($1::uuid is null or id > $1) order by id limit $2",
            page.after_id(),
            page.fetch,
        )
    return pages.listing(page, rows, key=lambda jar: jar.id)


@get("/api/probe/jars/{jar_id:uuid}", grant="probe.read")
async def jar(caller: Caller, jar_id: UUID) -> Jar:
    """Look at a jar."""
    async with caller.transaction() as tx:
        return await tx.get(Jar, jar_id)


@post("/api/probe/jars/{jar_id:uuid}/coins", grant="probe.fill", idempotency="required")
async def put_coins(caller: Caller, jar_id: UUID, data: Coins) -> Jar:
    """Put coins into a jar."""
    async with caller.transaction() as tx:
        return await fill(tx, jar_id, data.coins)


@patch("/api/probe/jars/{jar_id:uuid}/twice", grant="probe.fill")
async def fill_twice(caller: Caller, jar_id: UUID) -> Jar:
    """Put a coin in, twice, in two blocks."""
    async with caller.transaction() as tx:
        await fill(tx, jar_id, 1)
    async with caller.transaction() as tx:
        return await fill(tx, jar_id, 1)


@delete("/api/probe/jars/{jar_id:uuid}", grant="probe.fill")
async def smash(caller: Caller, jar_id: UUID) -> None:
    """Smash a jar."""
    async with caller.transaction() as tx:
        await tx.delete(await tx.get(Jar, jar_id))


@get("/api/probe/search", grant="probe.read")
async def search(
    caller: Caller, label: str | None = None, coins: int | None = None, opened_after: datetime | None = None
) -> list[Jar]:
    """Find jars, handing everything that the client says to the database."""
    async with caller.transaction() as tx:
        return await tx.all(
            Jar,
            "select * from probe_jar where ($1::text is null or label = $1) and ($2::bigint is null or coins = $2) "
            "and ($3::timestamptz is null or opened_at > $3) limit 10",
            label,
            coins,
            opened_after,
        )


@get("/api/probe/me", signed_in=True)
async def me(caller: Caller) -> dict[str, str | None]:
    """Tell who I am."""
    return {
        "kind": caller.actor.kind,
        "tenant": str(caller.tenant),
        "person": None if caller.actor.person is None else str(caller.actor.person),
        "address": caller.address,
    }


@post("/api/probe/sign-out", signed_in=True, status_code=204)
async def sign_out(caller: Caller) -> None:
    """Forget the caller in this process."""
    caller.forget(person=caller.actor.person)


class SignIn(msgspec.Struct):
    """What a sign-in shows."""

    password: str


@post("/api/probe/sign-in", public=True, rate="sign_in", status_code=200)
async def sign_in(data: SignIn) -> dict[str, str]:
    """Sign in with the only password there is."""
    if data.password != "open sesame":
        raise NotSignedIn("This is not the password.")
    return {"token": "a secret"}


@post("/api/probe/secrets", signed_in=True)
async def secret(caller: Caller) -> Response[dict[str, str]]:
    """Make something that is shown once."""
    async with caller.transaction() as tx:
        made = await tx.insert(Jar, id=ids.new(), label="secret")
    return Response({"secret": str(made.id)}, headers={"Cache-Control": "no-store"})


@get("/api/probe/hello", public=True)
async def hello(caller: Caller, size: int = 0) -> dict[str, str]:
    """Greet whoever comes."""
    return {"hello": caller.actor.kind, "padding": "x" * min(size, 100_000)}


@post("/api/probe/letters", public=True, max_body_bytes=4096)
async def letter(data: dict[str, str]) -> dict[str, int]:
    """Take a letter."""
    return {"pages": len(data)}


@get("/api/probe/broken", public=True)
async def broken() -> None:
    """Fail as nobody expected."""
    raise ZeroDivisionError("the phone of Ana Torres is +51 987 654 321, write to ana@example.com")


@get("/api/probe/database/{sqlstate:str}", public=True)
async def database_error(caller: Caller, sqlstate: str) -> None:
    """Fail as the database does, with an SQLSTATE of the client's choice."""
    async with caller.transaction() as tx:
        if sqlstate == "slow":
            await tx.execute("set local statement_timeout = 20")
            await tx.execute("select pg_sleep(5)")
        raise {
            "40001": asyncpg.SerializationError("could not serialize"),
            "40P01": asyncpg.DeadlockDetectedError("deadlock"),
            "57P01": asyncpg.AdminShutdownError("terminating connection"),
            "53300": asyncpg.TooManyConnectionsError("too many"),
            "25006": asyncpg.ReadOnlySQLTransactionError("read only"),
        }.get(sqlstate) or asyncpg.InternalServerError("strange")


@get("/api/probe/undeclared")
async def undeclared() -> None:
    """A route whose author forgot to say who may use it."""


ROUTES: list[HTTPRouteHandler] = [
    create,
    listing,
    jar,
    put_coins,
    fill_twice,
    smash,
    search,
    me,
    sign_out,
    sign_in,
    secret,
    hello,
    letter,
    broken,
    database_error,
    undeclared,
]


class Doorkeeper:
    """Believes tokens of the form ``<person>.<tenant>.<grant>+<grant>``, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, _: Database, credentials: Credentials) -> Identity:
        """Verify credentials."""
        self.asked += 1
        shown = credentials.bearer or credentials.api_key or credentials.cookie or ""
        try:
            person, tenant, grants = shown.split("/")
            actor = Actor(
                kind="api_key" if credentials.api_key else "person",
                id=UUID(person),
                person=None if credentials.api_key else UUID(person),
                grants=frozenset(grants.split("+")),
            )
            return Identity(tenant=credentials.tenant or UUID(tenant), actor=actor)
        except ValueError:
            raise NotSignedIn("These credentials are not known.") from None


def token(tenant: UUID, *grants: str, person: UUID | None = None) -> str:
    """A token that the doorkeeper believes."""
    return f"{person or ids.new()}/{tenant}/{'+'.join(grants or ('probe.read', 'probe.fill'))}"


def build(database: Database, settings: Settings, doorkeeper: Doorkeeper | None = None) -> Litestar:
    """The application of the tests."""
    return http.application(
        database, settings, routes=ROUTES, authenticate=doorkeeper or Doorkeeper(), title="Jars", version="1"
    )
