-- What subscriptions that a provider runs need: when the provider was asked and told what, and when it took money.

-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid

alter table billing_subscription add column start_sent_at timestamptz;
alter table billing_subscription add column end_wanted text;
alter table billing_subscription add column provider_ended_at timestamptz;
alter table billing_subscription add column looked_at timestamptz;
comment on column billing_subscription.start_sent_at is 'When the provider was first asked to start it, if its answer may still come.';
comment on column billing_subscription.end_wanted is 'How it is to be ended at the provider, until the provider has said that it is.';
comment on column billing_subscription.provider_ended_at is 'When the provider said that it is over; until then it is asked about.';
comment on column billing_subscription.looked_at is 'When it was last asked for that the provider is asked about it.';
alter table billing_subscription add constraint billing_subscription_end_wanted
    check (end_wanted in ('now', 'period_end')) not valid;
alter table billing_subscription validate constraint billing_subscription_end_wanted;
create index billing_subscription_looked on billing_subscription (tenant_id, looked_at nulls first, id)
    where owner = 'provider' and provider_ref is not null and provider_ended_at is null;
create index billing_subscription_unconfirmed on billing_subscription (tenant_id, changed_at, id)
    where owner = 'provider' and provider_ended_at is null and (provider_ref is null or end_wanted is not null);

-- When a provider took money for a subscription, by its own clock: that says for which period it was.
create table billing_provider_charge (
    tenant_id uuid not null default kernel_tenant(),
    connection_id uuid not null,
    ref text not null,
    subscription_id uuid not null,
    at timestamptz not null,
    constraint billing_provider_charge_key primary key (tenant_id, connection_id, ref),
    constraint billing_provider_charge_connection
        foreign key (tenant_id, connection_id) references payments_connection (tenant_id, id),
    constraint billing_provider_charge_subscription
        foreign key (tenant_id, subscription_id) references billing_subscription (tenant_id, id)
);
create index billing_provider_charge_subscription on billing_provider_charge (tenant_id, subscription_id);
call kernel_protect('billing_provider_charge', 'select, insert');
