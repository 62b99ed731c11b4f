-- What lives of subscriptions need: what was released, the end that waits for a look, and the prices that held before.

-- squawk-ignore-file constraint-missing-not-valid, require-concurrent-index-creation

-- Somebody has looked: periods that were due by then are charged however many they are, and one run may come to as much
-- as what the subscription was parked for.
alter table billing_subscription add column released_at timestamptz;
alter table billing_subscription add column released_minor bigint;
alter table billing_subscription add column parked_minor bigint;
comment on column billing_subscription.parked_minor is 'What it was parked for, where that was far too much.';
-- Cancelled, while what was used last is still to be looked at.
alter table billing_subscription add column ends_on date;
alter table billing_subscription add constraint billing_subscription_ends
    check (ends_on is null or status = 'parked') not valid;
alter table billing_subscription validate constraint billing_subscription_ends;

-- What was told by mistake is withdrawn, and stays written down.
alter table billing_usage add column withdrawn_at timestamptz;
alter table billing_usage add constraint billing_usage_withdrawn
    check (withdrawn_at is null or period_id is null) not valid;
alter table billing_usage validate constraint billing_usage_withdrawn;

-- The prices that held until a change, by which what was used before it is charged.
create table billing_former_prices (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    subscription_id uuid not null,
    price_ids uuid[] not null,
    until timestamptz not null,
    constraint billing_former_prices_key primary key (tenant_id, id),
    constraint billing_former_prices_subscription
        foreign key (tenant_id, subscription_id) references billing_subscription (tenant_id, id)
);
create index billing_former_prices_until on billing_former_prices (tenant_id, subscription_id, until, id);
call kernel_protect('billing_former_prices', 'select, insert');
