-- Payments: who pays, how, what was asked of a provider for it, and what became of that.
-- A payment's id is a UUIDv7, which begins with its moment; payments are parted by the month that it names.

create table payments_connection (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    provider text not null,
    mode text not null,
    name text not null,
    account text,
    sealed bytea not null,
    base_url text,
    active boolean not null default true,
    is_default boolean not null default false,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    checked_at timestamptz,
    constraint payments_connection_key primary key (tenant_id, id),
    constraint payments_connection_provider
        check (provider in ('sandbox-stripe', 'sandbox-razorpay', 'stripe', 'razorpay')),
    constraint payments_connection_mode check (mode in ('test', 'live')),
    -- A sandbox moves no money, whatever its keys look like.
    constraint payments_connection_sandbox check (mode = 'test' or provider not like 'sandbox-%'),
    constraint payments_connection_name check (length(name) between 1 and 100),
    constraint payments_connection_default check (active or not is_default)
);
comment on column payments_connection.sealed is 'The credentials, in the vault.';
create unique index payments_connection_once on payments_connection (tenant_id, provider) where active;
create unique index payments_connection_default_once on payments_connection (tenant_id) where is_default;
call kernel_protect('payments_connection', 'select, insert, update');

create table payments_customer (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    name text not null,
    name_key text collate "C" not null,
    email text,
    phone text,
    person_id uuid references people_person (id),
    reference text,
    tax_id text,
    language text,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint payments_customer_key primary key (tenant_id, id),
    constraint payments_customer_reference_once unique (tenant_id, reference),
    constraint payments_customer_name check (length(name) between 1 and 255),
    constraint payments_customer_reference check (length(reference) between 1 and 255)
);
create index payments_customer_person on payments_customer (person_id, tenant_id, id) where person_id is not null;
create index payments_customer_by_name on payments_customer (tenant_id, name_key, id);
create index payments_customer_by_email on payments_customer (tenant_id, lower(email) collate "C", id)
    where email is not null;
call kernel_protect('payments_customer', 'select, insert, update');
create policy person on payments_customer for select using (person_id = people_reader());

-- What a provider calls a customer of ours.
create table payments_customer_ref (
    tenant_id uuid not null default kernel_tenant(),
    connection_id uuid not null,
    customer_id uuid not null,
    ref text not null,
    constraint payments_customer_ref_key primary key (tenant_id, connection_id, customer_id),
    constraint payments_customer_ref_once unique (tenant_id, connection_id, ref),
    constraint payments_customer_ref_connection
        foreign key (tenant_id, connection_id) references payments_connection (tenant_id, id),
    constraint payments_customer_ref_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id)
);
create index payments_customer_ref_customer on payments_customer_ref (tenant_id, customer_id);
call kernel_protect('payments_customer_ref', 'select, insert');

create table payments_method (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    customer_id uuid not null,
    connection_id uuid not null,
    ref text not null,
    kind text not null,
    brand text,
    last4 text,
    expires text,
    is_default boolean not null default false,
    added_at timestamptz not null,
    removed_at timestamptz,
    constraint payments_method_key primary key (tenant_id, id),
    constraint payments_method_of unique (tenant_id, id, customer_id),
    constraint payments_method_once unique (tenant_id, connection_id, ref),
    constraint payments_method_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    constraint payments_method_connection
        foreign key (tenant_id, connection_id) references payments_connection (tenant_id, id),
    constraint payments_method_default check (removed_at is null or not is_default),
    -- Four digits are all that is ever known of a card here (P63).
    constraint payments_method_last4 check (last4 ~ '^[0-9]{4}$')
);
create index payments_method_customer on payments_method (tenant_id, customer_id, added_at) where removed_at is null;
create unique index payments_method_default_once on payments_method (tenant_id, customer_id) where is_default;
call kernel_protect('payments_method', 'select, insert, update');

create table payments_payment (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    customer_id uuid not null,
    connection_id uuid not null,
    amount_minor bigint not null,
    amount_currency text not null,
    captured_minor bigint not null default 0,
    captured_currency text not null,
    refunded_minor bigint not null default 0,
    refunded_currency text not null,
    refunding_minor bigint not null default 0,
    refunding_currency text not null,
    status text not null default 'created',
    disputed boolean not null default false,
    capture boolean not null,
    description text not null,
    purpose text not null,
    purpose_id uuid not null,
    key text not null,
    provider_ref text,
    order_ref text,
    order_client jsonb,
    checkout_ref text,
    checkout_url text,
    checkout_expires_at timestamptz,
    openings bigint not null default 0,
    method_id uuid,
    method_kind text,
    method_brand text,
    method_last4 text,
    decline_code text,
    decline_message text,
    decline_retry boolean,
    action_url text,
    attempts bigint not null default 0,
    version bigint not null default 0,
    looks bigint not null default 0,
    look_at timestamptz,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    captured_at timestamptz,
    expires_at timestamptz,
    constraint payments_payment_key primary key (tenant_id, id),
    constraint payments_payment_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    constraint payments_payment_connection
        foreign key (tenant_id, connection_id) references payments_connection (tenant_id, id),
    constraint payments_payment_amount check (amount_minor between 1 and 9007199254740991),
    constraint payments_payment_unit check (amount_currency ~ '^[A-Z]{3}$'),
    constraint payments_payment_currency check (
        captured_currency = amount_currency and refunded_currency = amount_currency
        and refunding_currency = amount_currency
    ),
    constraint payments_payment_captured check (captured_minor between 0 and 9007199254740991),
    constraint payments_payment_refunded check (refunded_minor between 0 and captured_minor),
    constraint payments_payment_refunding check (refunding_minor >= 0),
    constraint payments_payment_status check (
        status in (
            'created', 'requires_action', 'processing', 'unknown', 'authorized', 'captured', 'failed', 'cancelled',
            'expired'
        )
    ),
    constraint payments_payment_money check ((status = 'captured') = (captured_minor > 0)),
    constraint payments_payment_captured_at check ((captured_at is not null) = (captured_minor > 0)),
    constraint payments_payment_description check (length(description) between 1 and 500),
    constraint payments_payment_last4 check (method_last4 ~ '^[0-9]{4}$')
) partition by range (id);
create index payments_payment_customer on payments_payment (tenant_id, customer_id, id);
create index payments_payment_connection on payments_payment (tenant_id, connection_id, id);
create index payments_payment_status on payments_payment (tenant_id, status, id);
create index payments_payment_purpose on payments_payment (tenant_id, purpose, purpose_id, id);
create index payments_payment_look on payments_payment (tenant_id, look_at) where look_at is not null;
create index payments_payment_disputed on payments_payment (tenant_id, id) where disputed;
comment on column payments_payment.look_at is 'When the provider is asked without having said anything, by the real clock.';
call kernel_protect('payments_payment', 'select, insert, update');

-- The parts are in a schema that nobody but the owner may enter, so that no way leads around the policies above.
create schema payments_parts;
create table payments_parts.payment_default partition of payments_payment default with (fillfactor = 80);
alter table payments_parts.payment_default enable row level security;
alter table payments_parts.payment_default force row level security;

create function payments_bound(the_moment timestamptz) returns uuid
    language sql immutable strict parallel safe
    as $$ select (lpad(to_hex((extract(epoch from the_moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid $$;
comment on function payments_bound(timestamptz) is 'The least UUIDv7 of a moment: ids made before it are less, ids made after it are not.';

create function payments_make_parts(the_months bigint) returns text[]
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    as $$
declare
    made text[] := '{}';
    month timestamptz;
    part text;
begin
    for month in
        select generate_series(
            date_trunc('month', now(), 'UTC'), now() + make_interval(months => least(the_months, 24)::int), '1 month', 'UTC'
        )
    loop
        part := 'payment_' || to_char(month at time zone 'UTC', 'YYYY_MM');
        continue when to_regclass('payments_parts.' || part) is not null;
        begin
            execute format(
                'create table payments_parts.%I partition of payments_payment for values from (%L) to (%L) '
                'with (fillfactor = 80)',
                part, payments_bound(month), payments_bound((month at time zone 'UTC' + interval '1 month') at time zone 'UTC')
            );
            execute format('alter table payments_parts.%I enable row level security', part);
            execute format('alter table payments_parts.%I force row level security', part);
            made := made || part;
        exception
            -- Payments of the month are in the default part already, where they are found as well; and two workers
            -- may make the same part.
            when check_violation or duplicate_table then null;
        end;
    end loop;
    return made;
end
$$;
comment on function payments_make_parts(bigint) is 'Makes the parts of this month and the next ones that are missing; gives their names.';
revoke execute on function payments_make_parts(bigint) from public;
grant execute on function payments_make_parts(bigint) to holdfast_app;
select payments_make_parts(3);

-- Why a payment exists, once: a partitioned table can keep no rule across its parts.
create table payments_purpose (
    tenant_id uuid not null default kernel_tenant(),
    purpose text not null,
    purpose_id uuid not null,
    key text not null,
    payment_id uuid not null,
    constraint payments_purpose_once primary key (tenant_id, purpose, purpose_id, key),
    constraint payments_purpose_name check (purpose ~ '^[a-z_]+(\.[a-z_]+)+$' and length(purpose) <= 100),
    constraint payments_purpose_key check (length(key) between 1 and 255),
    constraint payments_purpose_payment
        foreign key (tenant_id, payment_id) references payments_payment (tenant_id, id) deferrable initially deferred
);
create index payments_purpose_payment on payments_purpose (tenant_id, payment_id);
call kernel_protect('payments_purpose', 'select, insert');

-- Every name that a provider has for a payment (the payment itself, its orders and checkouts) belongs to one of ours.
create table payments_ref (
    tenant_id uuid not null default kernel_tenant(),
    connection_id uuid not null,
    ref text not null,
    kind text not null,
    payment_id uuid not null,
    constraint payments_ref_once primary key (tenant_id, connection_id, ref),
    constraint payments_ref_kind check (kind in ('payment', 'order', 'checkout')),
    constraint payments_ref_connection
        foreign key (tenant_id, connection_id) references payments_connection (tenant_id, id),
    constraint payments_ref_payment foreign key (tenant_id, payment_id) references payments_payment (tenant_id, id)
);
create index payments_ref_payment on payments_ref (tenant_id, payment_id);
call kernel_protect('payments_ref', 'select, insert, update');

create table payments_refund (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    payment_id uuid not null,
    customer_id uuid not null,
    connection_id uuid not null,
    amount_minor bigint not null,
    amount_currency text not null,
    status text not null default 'requested',
    reason text not null,
    key text not null,
    provider_ref text,
    adopted boolean not null default false,
    error_code text,
    error_message text,
    requested_by_kind text not null,
    requested_by uuid,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    ended_at timestamptz,
    constraint payments_refund_key primary key (tenant_id, id),
    constraint payments_refund_once unique (tenant_id, payment_id, key),
    constraint payments_refund_ref_once unique (tenant_id, connection_id, provider_ref),
    constraint payments_refund_payment
        foreign key (tenant_id, payment_id) references payments_payment (tenant_id, id),
    constraint payments_refund_amount check (amount_minor > 0),
    constraint payments_refund_status check (status in ('requested', 'unknown', 'pending', 'succeeded', 'failed')),
    constraint payments_refund_reason check (length(reason) between 1 and 500),
    constraint payments_refund_key_length check (length(key) between 1 and 255)
);
create index payments_refund_newest on payments_refund (tenant_id, created_at desc, id desc);
create index payments_refund_open on payments_refund (tenant_id, id)
    where status in ('requested', 'unknown', 'pending');
call kernel_protect('payments_refund', 'select, insert, update');

create table payments_dispute (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    payment_id uuid not null,
    customer_id uuid not null,
    connection_id uuid not null,
    provider_ref text not null,
    amount_minor bigint not null,
    amount_currency text not null,
    reason text not null,
    status text not null,
    due_at timestamptz,
    evidence jsonb,
    evidence_at timestamptz,
    opened_at timestamptz not null,
    changed_at timestamptz not null,
    closed_at timestamptz,
    constraint payments_dispute_key primary key (tenant_id, id),
    constraint payments_dispute_ref_once unique (tenant_id, connection_id, provider_ref),
    constraint payments_dispute_payment
        foreign key (tenant_id, payment_id) references payments_payment (tenant_id, id),
    constraint payments_dispute_amount check (amount_minor > 0),
    constraint payments_dispute_status check (status in ('needs_response', 'under_review', 'won', 'lost')),
    constraint payments_dispute_closed check ((closed_at is not null) = (status in ('won', 'lost')))
);
create index payments_dispute_payment on payments_dispute (tenant_id, payment_id);
create index payments_dispute_newest on payments_dispute (tenant_id, opened_at desc, id desc);
create index payments_dispute_open on payments_dispute (tenant_id, due_at, id) where closed_at is null;
call kernel_protect('payments_dispute', 'select, insert, update');

-- A call to a provider: wanted, then sent, then answered, or never answered. Its times but for made_at and ended_at are
-- by the real clock, since the provider's is.
create table payments_attempt (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    payment_id uuid not null,
    refund_id uuid,
    dispute_id uuid,
    method_id uuid,
    connection_id uuid not null,
    kind text not null,
    number bigint not null,
    state text not null default 'wanted',
    key text not null,
    request jsonb not null,
    provider_ref text,
    error_code text,
    error_message text,
    sendings bigint not null default 0,
    asked bigint not null default 0,
    sent_at timestamptz,
    due_at timestamptz,
    made_at timestamptz not null,
    ended_at timestamptz,
    constraint payments_attempt_key primary key (tenant_id, id),
    constraint payments_attempt_payment
        foreign key (tenant_id, payment_id) references payments_payment (tenant_id, id),
    constraint payments_attempt_refund foreign key (tenant_id, refund_id) references payments_refund (tenant_id, id),
    constraint payments_attempt_dispute
        foreign key (tenant_id, dispute_id) references payments_dispute (tenant_id, id),
    constraint payments_attempt_kind
        check (kind in ('order', 'checkout', 'charge', 'capture', 'cancel', 'refund', 'evidence')),
    constraint payments_attempt_state check (state in ('wanted', 'sent', 'unknown', 'succeeded', 'failed')),
    constraint payments_attempt_ended check ((ended_at is not null) = (state in ('succeeded', 'failed')))
) with (fillfactor = 80);
comment on column payments_attempt.due_at is 'When somebody has to look after it, by the real clock: a worker that was silent for so long is believed to be dead.';
create index payments_attempt_payment on payments_attempt (tenant_id, payment_id, id);
create index payments_attempt_refund on payments_attempt (tenant_id, refund_id) where refund_id is not null;
create index payments_attempt_dispute on payments_attempt (tenant_id, dispute_id) where dispute_id is not null;
create index payments_attempt_open on payments_attempt (tenant_id, due_at, id)
    where state in ('wanted', 'sent', 'unknown');
-- Nobody charges, captures or lets go of a payment while somebody else is at it.
create unique index payments_attempt_alone on payments_attempt (tenant_id, payment_id)
    where kind in ('order', 'checkout', 'charge', 'capture', 'cancel') and state in ('wanted', 'sent', 'unknown');
create unique index payments_attempt_refund_alone on payments_attempt (tenant_id, refund_id)
    where kind = 'refund' and state in ('wanted', 'sent', 'unknown');
call kernel_protect('payments_attempt', 'select, insert, update');

-- What was collected on a day of the business's own calendar, kept as it happens.
create table payments_day (
    tenant_id uuid not null default kernel_tenant(),
    day date not null,
    currency text not null,
    method text not null,
    collected bigint not null default 0,
    refunded bigint not null default 0,
    succeeded bigint not null default 0,
    failed bigint not null default 0,
    constraint payments_day_key primary key (tenant_id, day, currency, method)
) with (fillfactor = 60);
call kernel_protect('payments_day', 'select, insert, update');
