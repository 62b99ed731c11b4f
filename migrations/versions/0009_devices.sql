-- Devices: browsers that a business paired, and what a stamp that waited in one of them remembers.

-- A device that stamps changes no indexed column of this table, so the row changes in its own page.
create table devices_device (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    name text not null,
    status text not null generated always as (
        case when revoked_at is not null then 'revoked' when paired_at is not null then 'paired' else 'waiting' end
    ) stored,
    grants text[] not null,
    created_at timestamptz not null,
    created_by uuid,
    code_hash bytea,
    code_expires_at timestamptz,
    secret_hash bytea,
    paired_at timestamptz,
    revoked_at timestamptz,
    last_seen_at timestamptz,
    last_sequence bigint not null default 0,
    constraint devices_device_key primary key (tenant_id, id),
    constraint devices_device_name check (length(name) between 1 and 100),
    constraint devices_device_code check ((code_hash is null) = (code_expires_at is null)),
    -- Whoever was paired and not revoked has a secret, and nobody else.
    constraint devices_device_secret check (
        (secret_hash is not null) = (paired_at is not null and revoked_at is null)
    )
) with (fillfactor = 60);
create index devices_device_newest on devices_device (tenant_id, created_at desc, id desc);
create unique index devices_device_code_once on devices_device (code_hash) where code_hash is not null;
call kernel_protect('devices_device', 'select, insert, update');

-- Whoever types a code in does not say of which business it is, and no transaction can be bound to one yet.
create policy by_code on devices_device for select to holdfast_owner using (true);
create function devices_of_code(the_hashes bytea[]) returns uuid
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    as $$ select tenant_id from devices_device where code_hash = any (the_hashes) limit 1 $$;
comment on function devices_of_code(bytea[]) is 'The business that gave out the pairing code of one of these hashes; nothing else of it.';
revoke execute on function devices_of_code(bytea[]) from public;
grant execute on function devices_of_code(bytea[]) to holdfast_app;

-- How long a stamp waited in its device's queue, as the device said it.
alter table loyalty_stamp
    add column waited_seconds bigint
        constraint loyalty_stamp_waited_seconds check (waited_seconds between 0 and 2592000);

-- The check-in codes that were used, each by one stamp. A table of its own, since an index on all stamps could not be
-- made without stopping the counters meanwhile.
create table loyalty_check_in (
    tenant_id uuid not null default kernel_tenant(),
    nonce text collate "C" not null,
    stamp_id uuid not null,
    constraint loyalty_check_in_once primary key (tenant_id, nonce)
);
call kernel_protect('loyalty_check_in', 'select, insert');

alter table loyalty_reward
    add column redeemed_by_kind text,
    add column redeemed_device_id uuid;
