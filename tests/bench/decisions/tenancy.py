"""Decision 0005: what row-level security costs, and what an index that does not start with the tenant costs."""

import asyncpg

from holdfast.kernel.database import Connection
from tests.bench.decisions import rounds

TENANTS = 100
ROWS = 200_000
_TENANT = "00000000-0000-7000-8000-0000000000{:02x}"
_TABLES = f"""
create function tenant() returns uuid language sql stable parallel safe
    as $$ select nullif(current_setting('holdfast.tenant', true), '')::uuid $$;
create table open_card (id uuid primary key, tenant_id uuid not null, at timestamptz not null, stamps bigint not null);
insert into open_card select uuidv7(),
    ('00000000-0000-7000-8000-0000000000' || lpad(to_hex(n % {TENANTS}), 2, '0'))::uuid,
    now() - n * interval '1 second', n from generate_series(1, {ROWS}) n;
create table card (like open_card including all);
insert into card select * from open_card;
create index open_card_at on open_card (tenant_id, at);
create index card_at on card (tenant_id, at);
create table loose_card (like open_card);
insert into loose_card select * from open_card;
create index loose_card_at on loose_card (at);
alter table card enable row level security;
alter table card force row level security;
create policy tenant on card using (tenant_id = tenant());
alter table loose_card enable row level security;
create policy tenant on loose_card using (tenant_id = tenant());
grant select on card, open_card, loose_card to holdfast_app;
vacuum analyze;
"""


async def measure() -> dict[str, float]:
    """Pages of 50 rows per second: filtered by hand, by the policy, and by the policy with a loose index."""
    address = await rounds.fresh("tenancy")
    owner = await asyncpg.connect(address)
    for statement in filter(None, _TABLES.split(";\n")):
        await owner.execute(statement)
    await owner.close()

    def page(sql: str, *, by_hand: bool) -> rounds.Work:
        async def work(connection: Connection, number: int) -> None:
            tenant = _TENANT.format(number % TENANTS)
            await connection.execute(f"begin; set local holdfast.tenant = '{tenant}'")
            await connection.fetch(sql, *([tenant] if by_hand else []))
            await connection.execute("commit")

        return work

    by_hand = page("select * from open_card where tenant_id = $1 order by at desc limit 50", by_hand=True)
    policy = page("select * from card order by at desc limit 50", by_hand=False)
    loose = page("select * from loose_card order by at desc limit 50", by_hand=False)
    app = address.replace("postgres@", "holdfast_app@")
    one, two, three = await rounds.compare(app, by_hand, policy, loose)
    return {"filtered by hand": one, "by the policy": two, "by the policy, index without tenant": three}
