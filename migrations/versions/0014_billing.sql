-- Billing: what is sold, who subscribes to it, and the periods that they are charged for.

create table billing_plan (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    code text not null,
    name text not null,
    description text,
    currency text not null,
    interval text not null,
    interval_count bigint not null default 1,
    trial_days bigint not null default 0,
    proration text not null default 'daily',
    on_cancel text not null default 'credit',
    pausable boolean not null default true,
    public boolean not null default true,
    active boolean not null default true,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint billing_plan_key primary key (tenant_id, id),
    constraint billing_plan_code_once unique (tenant_id, code),
    constraint billing_plan_code check (code ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    constraint billing_plan_name check (length(name) between 1 and 100),
    constraint billing_plan_currency check (currency ~ '^[A-Z]{3}$'),
    constraint billing_plan_interval check (interval in ('day', 'week', 'month', 'year')),
    constraint billing_plan_count check (interval_count between 1 and 36),
    constraint billing_plan_trial check (trial_days between 0 and 730),
    constraint billing_plan_proration check (proration in ('daily', 'none')),
    constraint billing_plan_cancel check (on_cancel in ('credit', 'none'))
);
call kernel_protect('billing_plan', 'select, insert, update');

-- A price never changes: another is added, and this one retired. Whoever has it keeps it.
create table billing_price (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    plan_id uuid not null,
    kind text not null,
    label text not null,
    amount_minor bigint not null,
    amount_currency text not null,
    per bigint not null default 1,
    tiers jsonb not null default '[]',
    tier_mode text not null default 'graduated',
    metric text,
    tax_basis_points bigint not null default 0,
    tax_inclusive boolean not null default false,
    created_at timestamptz not null,
    retired_at timestamptz,
    constraint billing_price_key primary key (tenant_id, id),
    constraint billing_price_plan foreign key (tenant_id, plan_id) references billing_plan (tenant_id, id),
    constraint billing_price_kind check (
        kind in ('per_period', 'per_seat', 'one_off', 'metered', 'tiered_seats', 'tiered_usage')
    ),
    constraint billing_price_label check (length(label) between 1 and 200),
    constraint billing_price_amount check (amount_minor between 0 and 9007199254740991),
    constraint billing_price_per check (per between 1 and 1000000000),
    constraint billing_price_mode check (tier_mode in ('graduated', 'volume')),
    constraint billing_price_metric check ((metric is not null) = (kind in ('metered', 'tiered_usage'))),
    constraint billing_price_tax check (tax_basis_points between 0 and 10000)
);
create index billing_price_plan on billing_price (tenant_id, plan_id, created_at, id);
call kernel_protect('billing_price', 'select, insert, update');

create table billing_subscription (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    customer_id uuid not null,
    plan_id uuid not null,
    price_ids uuid[] not null,
    quantity bigint not null,
    currency text not null,
    status text not null,
    owner text not null default 'engine',
    connection_id uuid,
    method_id uuid,
    provider_ref text,
    provider_error text,
    reference text,
    anchor_on date not null,
    started_on date not null,
    trial_ends_on date,
    period_id uuid,
    period_from date,
    period_to date,
    next_at timestamptz,
    claimed_until timestamptz,
    cancel_at_end boolean not null default false,
    paused_on date,
    resumes_on date,
    paused_unpaid boolean not null default false,
    ended_on date,
    next_plan_id uuid,
    next_price_ids uuid[],
    next_quantity bigint,
    parked_reason text,
    parked_from text,
    version bigint not null default 0,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint billing_subscription_key primary key (tenant_id, id),
    constraint billing_subscription_of_owner unique (tenant_id, id, owner),
    constraint billing_subscription_reference_once unique (tenant_id, reference),
    constraint billing_subscription_provider_once unique (tenant_id, connection_id, provider_ref),
    constraint billing_subscription_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    constraint billing_subscription_plan foreign key (tenant_id, plan_id) references billing_plan (tenant_id, id),
    constraint billing_subscription_next_plan
        foreign key (tenant_id, next_plan_id) references billing_plan (tenant_id, id),
    constraint billing_subscription_connection
        foreign key (tenant_id, connection_id) references payments_connection (tenant_id, id),
    constraint billing_subscription_method
        foreign key (tenant_id, method_id) references payments_method (tenant_id, id),
    constraint billing_subscription_quantity check (quantity between 1 and 1000000),
    constraint billing_subscription_status check (
        status in ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'parked', 'cancelled')
    ),
    constraint billing_subscription_owner check (owner in ('engine', 'provider')),
    -- One of the two renews it, never both: the engine looks for next_at, and only what a provider runs has a provider.
    constraint billing_subscription_one_owner check (
        case owner when 'provider' then connection_id is not null and next_at is null
        else connection_id is null and provider_ref is null end
    ),
    constraint billing_subscription_ended check ((status = 'cancelled') = (ended_on is not null)),
    constraint billing_subscription_parked check ((status = 'parked') = (parked_reason is not null)),
    constraint billing_subscription_paused check ((status = 'paused') = (paused_on is not null)),
    constraint billing_subscription_renews check (next_at is null or status in ('trialing', 'active', 'past_due', 'paused'))
) with (fillfactor = 80);
create index billing_subscription_due on billing_subscription (tenant_id, next_at, id) where next_at is not null;
create index billing_subscription_customer on billing_subscription (tenant_id, customer_id, id);
create index billing_subscription_plan on billing_subscription (tenant_id, plan_id, id);
create index billing_subscription_status on billing_subscription (tenant_id, status, id);
create index billing_subscription_next_plan on billing_subscription (tenant_id, next_plan_id)
    where next_plan_id is not null;
create index billing_subscription_method on billing_subscription (tenant_id, method_id) where method_id is not null;
call kernel_protect('billing_subscription', 'select, insert, update');

-- The life of a subscription, day by day: each period begins where one ends, and no two begin or end alike, so there is
-- neither a gap nor a day that is charged twice. What the engine and what a provider renews never mix.
create table billing_period (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    subscription_id uuid not null,
    owner text not null,
    number bigint not null,
    kind text not null,
    starts_on date not null,
    ends_on date not null,
    follows_on date,
    plan_id uuid not null,
    quantity bigint not null,
    closed_at timestamptz,
    created_at timestamptz not null,
    constraint billing_period_key primary key (tenant_id, id),
    constraint billing_period_subscription foreign key (tenant_id, subscription_id, owner)
        references billing_subscription (tenant_id, id, owner),
    constraint billing_period_start_once unique (tenant_id, subscription_id, starts_on),
    constraint billing_period_end_once unique (tenant_id, subscription_id, ends_on),
    constraint billing_period_follows foreign key (tenant_id, subscription_id, follows_on)
        references billing_period (tenant_id, subscription_id, ends_on) deferrable initially deferred,
    constraint billing_period_days check (starts_on < ends_on),
    constraint billing_period_where check (follows_on = starts_on),
    constraint billing_period_kind check (kind in ('trial', 'paid', 'paused'))
);
create unique index billing_period_first_once on billing_period (tenant_id, subscription_id) where follows_on is null;
call kernel_protect('billing_period', 'select, insert, update');

-- What was used, each told once by whoever counted it, and charged once.
create table billing_usage (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    subscription_id uuid not null,
    metric text not null,
    quantity bigint not null,
    price_ids uuid[] not null,
    at timestamptz not null,
    period_id uuid,
    told_at timestamptz not null,
    constraint billing_usage_key primary key (tenant_id, id),
    constraint billing_usage_subscription
        foreign key (tenant_id, subscription_id) references billing_subscription (tenant_id, id),
    constraint billing_usage_period foreign key (tenant_id, period_id) references billing_period (tenant_id, id),
    constraint billing_usage_quantity check (quantity between 1 and 1000000000000)
);
create index billing_usage_open on billing_usage (tenant_id, subscription_id, at) where period_id is null;
create index billing_usage_period on billing_usage (tenant_id, period_id);
call kernel_protect('billing_usage', 'select, insert, update');
