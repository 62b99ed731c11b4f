-- The kernel's tables: events, their delivery, schedules, the inbox, idempotency keys, rates and sequences.

create function kernel_tenant() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('holdfast.tenant', true), '')::uuid $$;
comment on function kernel_tenant() is 'The tenant that this transaction is bound to; null when bound to none, so that policies fail closed.';

create function kernel_person() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('holdfast.person', true), '')::uuid $$;
comment on function kernel_person() is 'The signed-in person whose own rows this transaction may read across tenants.';

-- What every tenant table needs: forced row-level security bound to the transaction's tenant, and the app's rights.
create procedure kernel_protect(the_table regclass, rights text default 'select, insert, update, delete')
    language plpgsql
    as $$
begin
    execute format('alter table %s enable row level security', the_table);
    execute format('alter table %s force row level security', the_table);
    execute format(
        'create policy tenant on %s using (tenant_id = kernel_tenant()) with check (tenant_id = kernel_tenant())',
        the_table
    );
    execute format('grant %s on %s to holdfast_app', rights, the_table);
end
$$;

-- Places in the order of what was committed: the transaction's number, which a server counts from its own birth. Data
-- that is restored into a younger server has numbers that are still to come there, so an offset is added to them.
create function kernel_xid_offset() returns bigint
    language sql immutable parallel safe
    as $$ select 0::bigint $$;

create function kernel_xid() returns bigint
    language sql stable
    as $$ select pg_current_xact_id()::text::bigint + kernel_xid_offset() $$;
comment on function kernel_xid() is 'The number of this transaction in the order.';

create function kernel_horizon() returns bigint
    language sql stable
    as $$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + kernel_xid_offset() $$;
comment on function kernel_horizon() is 'The oldest transaction that is still open; all before it is settled and visible.';

create procedure kernel_rebase()
    language plpgsql
    as $$
declare
    newest bigint := (
        select greatest((select max(xid) from kernel_event), (select max(xid) from kernel_cursor))
    );
begin
    if newest >= kernel_horizon() then
        execute format(
            'create or replace function kernel_xid_offset() returns bigint language sql immutable parallel safe as %L',
            -- Room for what the caller may not see: rows of other tables, and events that were not handed on.
            format('select %s::bigint', kernel_xid_offset() + newest - kernel_horizon() + 4294967296)
        );
    end if;
end
$$;
comment on procedure kernel_rebase() is 'After a restore, as the owner: lets the order go on where the restored data ends.';

create table kernel_event (
    id uuid not null,
    tenant_id uuid not null default kernel_tenant(),
    xid bigint not null default kernel_xid(),
    seq bigint not null generated always as identity,
    name text not null,
    subject_id uuid,
    body jsonb not null,
    actor_kind text not null,
    actor_id uuid,
    request_id text,
    at timestamptz not null,
    stored_at timestamptz not null default now(),
    primary key (xid, seq)
);
create unique index kernel_event_id on kernel_event (id);
create index kernel_event_tenant on kernel_event (tenant_id, xid, seq);
create index kernel_event_subject on kernel_event (tenant_id, subject_id, xid, seq) where subject_id is not null;
call kernel_protect('kernel_event', 'select, insert');
grant select on kernel_event to holdfast_relay;
create policy relay on kernel_event for select to holdfast_relay using (true);

-- How far the relay has read, when each clock last ticked, and which clocks ticked at all.
create table kernel_cursor (
    name text primary key,
    xid bigint not null default 0,
    seq bigint not null default 0,
    moved_at timestamptz not null default now()
);
insert into kernel_cursor (name) values ('relay'), ('leader'), ('clock');
grant select, update on kernel_cursor to holdfast_relay;

-- Which reactions exist and to what, told by every worker at its start, so that a relay of an older release loses
-- nothing; the event '*' is every event.
create table kernel_reaction (
    name text not null,
    event text not null,
    priority bigint not null,
    lane text not null check (lane in ('subject', 'tenant')),
    delay interval,
    next_call_at timestamptz not null default '-infinity',
    seen_at timestamptz not null default now(),
    primary key (name, event)
);
create index kernel_reaction_event on kernel_reaction (event);
comment on column kernel_reaction.next_call_at is 'For a reaction with a rate: when its next run may start.';
grant select, insert, update, delete on kernel_reaction to holdfast_relay;

-- One row per event and reaction: the queue of its lane, the record that the effect happened, and the dead letter.
-- due_at is by the tenant's clock; null is due at once.
create table kernel_delivery (
    event_id uuid not null,
    reaction text not null,
    tenant_id uuid not null,
    lane uuid not null,
    xid bigint not null,
    seq bigint not null,
    state text not null default 'pending' check (state in ('pending', 'done', 'dead')),
    attempts bigint not null default 0,
    due_at timestamptz,
    error text,
    finished_at timestamptz,
    primary key (event_id, reaction)
) with (
    -- A queue: every row is written twice soon after one another, and its index must not fill with the dead.
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0
);
create index kernel_delivery_lane on kernel_delivery (tenant_id, reaction, lane, xid, seq) where state = 'pending';
create index kernel_delivery_dead on kernel_delivery (tenant_id, xid, seq) where state = 'dead';
call kernel_protect('kernel_delivery', 'select, update');
grant select, insert, update, delete on kernel_delivery to holdfast_relay;
create policy relay on kernel_delivery to holdfast_relay using (true) with check (true);

-- When each schedule is due next, per tenant and by the tenant's clock; retry_at and finished_at are by the real one.
create table kernel_schedule (
    name text not null,
    tenant_id uuid not null,
    expression text not null,
    next_at timestamptz not null,
    last_at timestamptz,
    finished_at timestamptz,
    retry_at timestamptz,
    error text,
    failures bigint not null default 0,
    primary key (tenant_id, name)
);
create index kernel_schedule_due on kernel_schedule (name, next_at);
call kernel_protect('kernel_schedule', 'select, update');
grant select, insert, update, delete on kernel_schedule to holdfast_relay;
create policy relay on kernel_schedule to holdfast_relay using (true) with check (true);

create table kernel_inbox (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    provider text not null,
    message_id text not null,
    headers jsonb not null,
    body bytea not null,
    received_at timestamptz not null default now(),
    unique (tenant_id, provider, message_id)
);
call kernel_protect('kernel_inbox', 'select, insert');

create table kernel_idempotency (
    tenant_id uuid not null default kernel_tenant(),
    actor text not null,
    key text not null,
    request_hash bytea not null,
    status bigint,
    headers jsonb,
    body bytea,
    created_at timestamptz not null default now(),
    primary key (tenant_id, actor, key)
);
create index kernel_idempotency_created on kernel_idempotency (created_at);
call kernel_protect('kernel_idempotency');
grant select, delete on kernel_idempotency to holdfast_relay;
create policy relay on kernel_idempotency to holdfast_relay using (true);

create unlogged table kernel_rate (
    key text primary key,
    hits bigint not null,
    expires_at timestamptz not null
);
create index kernel_rate_expires on kernel_rate (expires_at);
grant select, insert, update, delete on kernel_rate to holdfast_app;

create table kernel_sequence (
    tenant_id uuid not null default kernel_tenant(),
    name text not null,
    value bigint not null,
    primary key (tenant_id, name)
);
call kernel_protect('kernel_sequence', 'select, insert, update');

-- Readiness compares the database's revision with the release's own.
grant select on kernel_migration to holdfast_app, holdfast_relay;
