"""Rules of the tables: whose rows they hold, who may touch them, and what is indexed."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from holdfast.kernel import embedded, ids
from holdfast.kernel.database import Connection
from tests.conftest import SERVER, drop_database, make_database

# Tables without a tenant_id, with the reason; every other table has one.
SHARED_BY_ALL = {
    "kernel_migration": "Alembic's own record of the schema",
    "kernel_cursor": "the relay's place in the order of all events",
    "kernel_reaction": "which reactions this release has",
    "kernel_rate": "counts of requests before anybody is known; holds hashes of addresses",
    "pgqueuer": "the queue names lanes, not data",
    "pgqueuer_log": "the queue names lanes, not data",
    "pgqueuer_schedules": "the queue names lanes, not data",
    "pgqueuer_statistics": "the queue names lanes, not data",
    "tenants_tenant": "is the tenant: its id is what policies compare",
    "people_person": "a person belongs to several businesses; its policies name each way to see one",
}
# Policies that do not compare tenant_id with the transaction's tenant, with the reason.
OTHER_POLICIES = {
    ("people_person", "newcomer"): "a business may add a person whom it cannot see yet",
    ("session_credential", "newcomer"): "an invitation is accepted in the business's transaction",
    ("tenants_tenant", "by_slug"): "the owner's function gives the id of a slug, which is public, and nothing else",
    ("devices_device", "by_code"): "the owner's function gives the business of a pairing code's hash, and nothing else",
}
# What the relay's role may touch: the events, their delivery, its own queue, and what it sweeps.
RELAY = {
    "kernel_migration",
    "kernel_event",
    "kernel_cursor",
    "kernel_reaction",
    "kernel_delivery",
    "kernel_schedule",
    "kernel_idempotency",
    "kernel_rate",
    "pgqueuer",
    "pgqueuer_log",
    "pgqueuer_schedules",
    "pgqueuer_statistics",
    "tenants_tenant",
}
APPEND_ONLY = {"kernel_event", "ledger_account", "ledger_transfer", "ledger_seal"}
# Indexes of tenant tables that do not start with tenant_id, with the reason.
OTHER_INDEXES = {
    "kernel_event_pkey": "the order of all events, which the relay reads",
    "kernel_event_id": "ids are unique across tenants",
    "kernel_delivery_pkey": "one delivery per event and reaction",
    "kernel_schedule_pkey": "one schedule per name and tenant",
    "kernel_schedule_due": "read by the relay's role across tenants",
    "kernel_idempotency_created": "swept by the relay's role across tenants",
    "people_membership_person": "a person reads their own rows across tenants",
    "sandbox_mail_recipient": "the sandbox's mailbox page reads every tenant's",
    "session_api_key_own": "a person reads their own rows across tenants",
}
_VALUES = {
    "uuid": "gen_random_uuid()",
    "text": "gen_random_uuid()::text",
    "bpchar": "'PEN'",
    "bytea": "gen_random_uuid()::text::bytea",
    "bool": "false",
    "int2": "1",
    "int4": "1",
    "int8": "1",
    "numeric": "1",
    "float8": "1",
    "jsonb": "'{}'",
    "timestamptz": "now()",
    "date": "current_date",
    "interval": "'0'",
}


@pytest.fixture(scope="module")
async def superuser(database_name: str) -> AsyncIterator[Connection]:
    """The server's own superuser in a database that holds what the migrations made, and no test's tables."""
    name = f"{database_name}_tidy"
    await make_database(name)
    connection = await asyncpg.connect(embedded.address(SERVER, "postgres", name))
    yield connection
    await connection.close()
    await drop_database(name)


async def tables(connection: Connection) -> dict[str, bool]:
    """Every table, and whether it has a tenant_id."""
    records = await connection.fetch(
        "select relname as name, exists (select from pg_attribute where attrelid = pg_class.oid and "
        "attname = 'tenant_id' and not attisdropped) as tenant from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname"
    )
    return {record["name"]: record["tenant"] for record in records}


@pytest.mark.meets("P33", "P34")
async def test_every_table_names_its_tenant(superuser: Connection) -> None:
    found = await tables(superuser)
    without = {table for table, tenant in found.items() if not tenant}
    assert without == SHARED_BY_ALL.keys() & found.keys(), "Give these a tenant_id, or say why they have none."
    empty = await superuser.fetch(
        "select relname from pg_attribute join pg_class on pg_class.oid = attrelid where attname = 'tenant_id' "
        "and relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not attnotnull"
    )
    assert not empty, f"A row without a tenant belongs to nobody: {empty}"


@pytest.mark.meets("T13", "P37")
async def test_row_security_is_enabled_and_forced(superuser: Connection) -> None:
    found = await tables(superuser)
    bound = {table for table, tenant in found.items() if tenant} | {"tenants_tenant", "people_person"}
    open_ = await superuser.fetch(
        "select relname from pg_class where relname = any($1::text[]) and relkind in ('r', 'p') "
        "and not (relrowsecurity and relforcerowsecurity)",
        sorted(bound),
    )
    assert not open_, f"Call kernel_protect for these: {[record['relname'] for record in open_]}"
    policies = await superuser.fetch(
        "select tablename, policyname, cmd, roles::text[] as roles, "
        "coalesce(qual, '') as qual, coalesce(with_check, '') as condition from pg_policies"
    )
    covered = set()
    for policy in policies:
        if policy["roles"] == ["holdfast_relay"]:
            assert policy["tablename"] in RELAY, f"The relay reads no {policy['tablename']}."
            continue
        rule = policy["qual"] + policy["condition"]
        if (policy["tablename"], policy["policyname"]) in OTHER_POLICIES:
            # A policy that asks for no tenant lets rows in and never out, or binds a role that serves no request.
            assert policy["cmd"] == "INSERT" or policy["roles"] == ["holdfast_owner"], dict(policy)
        elif "kernel_tenant()" in rule or "kernel_is_platform()" in rule:
            covered.add(policy["tablename"])
        else:
            # A person sees their own rows across businesses, and only sees them.
            assert "kernel_person()" in rule or "people_reader()" in rule, dict(policy)
            assert policy["cmd"] == "SELECT", dict(policy)
    assert bound <= covered, f"These have no policy that names the tenant: {bound - covered}"


async def _plausible_row(connection: Connection, table: str, tenant: UUID) -> None:
    """Put a row of a tenant into a table, whatever rules the table has; the caller rolls back."""
    await connection.execute("set local session_replication_role = replica")
    rules = await connection.fetch(
        "select conname from pg_constraint where conrelid = $1::regclass and contype in ('c', 'f')", table
    )
    for rule in rules:
        await connection.execute(f'alter table {table} drop constraint if exists "{rule["conname"]}" cascade')
    columns = await connection.fetch(
        "select attname as name, typname as type from pg_attribute join pg_type on pg_type.oid = atttypid "
        "where attrelid = $1::regclass and attnum > 0 and attnotnull and not atthasdef and attidentity = ''",
        table,
    )
    values = {column["name"]: _VALUES.get(column["type"], "'{}'") for column in columns}
    values["id" if table == "tenants_tenant" else "tenant_id"] = f"'{tenant}'"
    await connection.execute(f"insert into {table} ({', '.join(values)}) values ({', '.join(values.values())})")


async def _count(connection: Connection, table: str, tenant: UUID | None) -> int | None:
    """How many rows the application's role sees when bound to a tenant; None where it may not look at all."""
    try:
        async with connection.transaction():
            await connection.execute("set local role holdfast_app")
            await connection.execute(f"set local holdfast.tenant = '{tenant or ''}'")
            count: int = await connection.fetchval(f"select count(*) from {table}")
    except asyncpg.InsufficientPrivilegeError:
        return None
    return count


async def _touched(connection: Connection, statement: str, tenant: UUID | None) -> int:
    """How many rows a statement of the application's role changes when bound to a tenant."""
    try:
        async with connection.transaction():
            await connection.execute("set local role holdfast_app")
            await connection.execute(f"set local holdfast.tenant = '{tenant or ''}'")
            return int((await connection.execute(statement)).rsplit(" ", 1)[-1])
    except asyncpg.InsufficientPrivilegeError:
        return 0


@pytest.mark.meets("P33", "P35", "P37", "T13")
async def test_no_table_shows_or_gives_a_row_to_another_tenant(superuser: Connection) -> None:
    """The probe: a row in every table, looked for, changed, removed and planted from elsewhere."""
    mine, theirs = ids.new(), ids.new()
    for table, tenant in (await tables(superuser)).items():
        if not tenant and table != "tenants_tenant":
            continue
        column = "tenant_id" if tenant else "id"
        probe = superuser.transaction()
        await probe.start()
        try:
            await _plausible_row(superuser, table, mine)
            assert await _count(superuser, table, mine) in (1, None), f"{table} hides a tenant's row from itself"
            for stranger in (theirs, None):
                assert await _count(superuser, table, stranger) in (0, None), f"{table} shows a row to {stranger}"
                for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):
                    assert await _touched(superuser, statement, stranger) == 0, f"{statement} by {stranger}"
        finally:
            await probe.rollback()


async def test_the_probe_finds_an_open_table(superuser: Connection) -> None:
    mine, theirs = ids.new(), ids.new()
    probe = superuser.transaction()
    await probe.start()
    try:
        await superuser.execute("create table open_to_all (id uuid primary key, tenant_id uuid not null)")
        await superuser.execute("grant select, update on open_to_all to holdfast_app")
        await _plausible_row(superuser, "open_to_all", mine)
        assert await _count(superuser, "open_to_all", theirs) == 1
        assert await _touched(superuser, "update open_to_all set id = id", theirs) == 1
    finally:
        await probe.rollback()


@pytest.mark.meets("P33", "T13")
async def test_views_ask_as_whoever_reads_them(superuser: Connection) -> None:
    views = await superuser.fetch(
        "select relname, coalesce('security_invoker=true' = any (reloptions), false) as invoker from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')"
    )
    assert views
    asleep = [view["relname"] for view in views if not view["invoker"]]
    assert not asleep, f"Row-level security is void in these: {asleep}"


@pytest.mark.meets("I139", "P61")
async def test_the_application_and_the_relay_own_nothing_and_may_little(superuser: Connection) -> None:
    owned = await superuser.fetch(
        "select relname from pg_class where pg_get_userbyid(relowner) in ('holdfast_app', 'holdfast_relay')"
    )
    assert not owned
    rights = await superuser.fetch(
        "select table_name as table, grantee as role, privilege_type as right from information_schema.table_privileges "
        "where grantee in ('holdfast_app', 'holdfast_relay', 'PUBLIC') and table_schema = 'public'"
    )
    for right in rights:
        assert right["role"] != "PUBLIC", dict(right)
        if right["role"] == "holdfast_relay":
            assert right["table"] in RELAY, f"The relay has no business with {right['table']}."
        else:
            assert right["right"] in {"SELECT", "INSERT", "UPDATE", "DELETE"}, dict(right)
        if right["table"] in APPEND_ONLY:
            assert right["right"] in {"SELECT", "INSERT"}, f"{right['table']} is append-only."


@pytest.mark.meets("I142", "P36")
async def test_indexes_start_with_the_tenant(superuser: Connection) -> None:
    records = await superuser.fetch(
        "select indexed.relname as table, index.relname as index, indisprimary as primary_, indisunique as unique_, "
        "indnkeyatts as width, attname as first from pg_index "
        "join pg_class as index on index.oid = indexrelid join pg_class as indexed on indexed.oid = indrelid "
        "left join pg_attribute on attrelid = indrelid and attnum = indkey[0] "
        "where indexed.relnamespace = 'public'::regnamespace and indexed.relkind in ('r', 'p')"
    )
    found = await tables(superuser)
    wrong = [
        record["index"]
        for record in records
        if found[record["table"]]
        and record["first"] != "tenant_id"
        and not (record["unique_"] and record["width"] == 1)
        and record["index"] not in OTHER_INDEXES
        and not await _of_a_foreign_key(superuser, record["table"], record["first"])
    ]
    assert not wrong, f"Start these with tenant_id, or say why not: {wrong}"
    unused = OTHER_INDEXES.keys() - {record["index"] for record in records}
    assert not unused, f"These exceptions have no index: {unused}"


async def _of_a_foreign_key(connection: Connection, table: str, column: str | None) -> bool:
    """Whether a column alone is a foreign key: the server looks it up by that column when its parent changes."""
    return bool(
        await connection.fetchval(
            "select exists (select from pg_constraint where conrelid = $1::regclass and contype = 'f' and conkey = "
            "array[(select attnum from pg_attribute where attrelid = $1::regclass and attname = $2)])",
            table,
            column,
        )
    )


@pytest.mark.meets("I142")
async def test_every_foreign_key_is_indexed(superuser: Connection) -> None:
    """Some index leads with the key's columns, the tenant aside, so that no parent's change reads a whole table."""
    bare = await superuser.fetch(
        """
        with key as (
            select conrelid, conname, conkey,
                (select attnum from pg_attribute where attrelid = conrelid and attname = 'tenant_id') as tenant
            from pg_constraint
            where contype = 'f' and connamespace = 'public'::regnamespace
                and confrelid <> all ($1::text[]::regclass[])
        )
        select conrelid::regclass::text || '.' || conname as name
        from key
        where not exists (
            select from pg_index
            where indrelid = conrelid
                and (
                    indkey[0] <> tenant and indkey[0] = any (conkey)
                    or indkey[0] = tenant and indkey[1] = any (conkey)
                    or tenant is null and indkey[0] = any (conkey)
                )
        )
        """,
        # Nothing is ever removed from these, so nobody looks for what points to a row of theirs.
        sorted(APPEND_ONLY),
    )
    assert not bare, f"Index these: {[record['name'] for record in bare]}"


@pytest.mark.meets("L13")
async def test_indexes_of_what_is_rare_are_partial(superuser: Connection) -> None:
    partial = {
        record["indexrelid"]
        for record in await superuser.fetch(
            "select indexrelid::regclass::text as indexrelid from pg_index where indpred is not null"
        )
    }
    assert {"kernel_delivery_lane", "kernel_delivery_dead", "kernel_event_subject"} <= partial


async def test_the_lists_of_exceptions_name_tables_that_exist(superuser: Connection) -> None:
    found = (await tables(superuser)).keys()
    assert set(SHARED_BY_ALL) | RELAY | APPEND_ONLY | {table for table, _ in OTHER_POLICIES} <= found
