-- Invoices: what customers owe and why, what settled it, and what is done about what nobody pays.

create table billing_coupon (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    code text not null,
    name text not null,
    kind text not null,
    basis_points bigint,
    amount_minor bigint,
    amount_currency text,
    duration text not null,
    times bigint,
    max_redemptions bigint,
    redemptions bigint not null default 0,
    expires_at timestamptz,
    active boolean not null default true,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint billing_coupon_key primary key (tenant_id, id),
    constraint billing_coupon_code_once unique (tenant_id, code),
    constraint billing_coupon_code check (code ~ '^[A-Z0-9][A-Z0-9_-]{1,39}$'),
    constraint billing_coupon_name check (length(name) between 1 and 255),
    constraint billing_coupon_kind check (
        case kind
            when 'percent' then basis_points between 1 and 10000 and amount_minor is null and amount_currency is null
            when 'amount' then basis_points is null and amount_minor > 0 and amount_currency ~ '^[A-Z]{3}$'
            else false
        end
    ),
    constraint billing_coupon_duration check (
        case duration
            when 'once' then times = 1
            when 'repeating' then times between 1 and 1200
            when 'forever' then times is null
            else false
        end
    ),
    constraint billing_coupon_redemptions
        check (max_redemptions > 0 and redemptions between 0 and coalesce(max_redemptions, redemptions))
);
call kernel_protect('billing_coupon', 'select, insert, update');

-- Who uses a coupon, for a subscription or for single invoices, and how often it was taken off already.
create table billing_redemption (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    coupon_id uuid not null,
    customer_id uuid not null,
    subscription_id uuid,
    used bigint not null default 0,
    times bigint,
    redeemed_at timestamptz not null,
    ended_at timestamptz,
    constraint billing_redemption_key primary key (tenant_id, id),
    constraint billing_redemption_once unique nulls not distinct (tenant_id, coupon_id, customer_id, subscription_id),
    constraint billing_redemption_coupon foreign key (tenant_id, coupon_id) references billing_coupon (tenant_id, id),
    constraint billing_redemption_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    constraint billing_redemption_subscription foreign key (tenant_id, subscription_id)
        references billing_subscription (tenant_id, id) deferrable initially deferred,
    constraint billing_redemption_used check (used between 0 and coalesce(times, used))
);
create index billing_redemption_customer on billing_redemption (tenant_id, customer_id);
create index billing_redemption_subscription on billing_redemption (tenant_id, subscription_id, id)
    where subscription_id is not null;
call kernel_protect('billing_redemption', 'select, insert, update');

create table billing_invoice (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    number text not null,
    customer_id uuid not null,
    subscription_id uuid,
    period_id uuid,
    status text not null,
    subtotal_minor bigint not null,
    subtotal_currency text not null,
    discount_minor bigint not null,
    discount_currency text not null,
    net_minor bigint not null,
    net_currency text not null,
    tax_minor bigint not null,
    tax_currency text not null,
    total_minor bigint not null,
    total_currency text not null,
    paid_minor bigint not null,
    paid_currency text not null,
    returned_minor bigint not null default 0,
    returned_currency text not null,
    credited_minor bigint not null default 0,
    credited_currency text not null,
    due_minor bigint not null generated always as (
        case when status = 'open' then total_minor - credited_minor - (paid_minor - returned_minor) else 0 end
    ) stored,
    due_currency text not null generated always as (total_currency) stored,
    issued_on date not null,
    due_on date not null,
    charge_on date,
    overdue boolean not null default false,
    disputed boolean not null default false,
    memo text,
    reason text,
    seller jsonb not null,
    buyer jsonb not null,
    taxes jsonb not null,
    discounts jsonb not null,
    derivations jsonb not null,
    issued_at timestamptz not null,
    changed_at timestamptz not null,
    paid_at timestamptz,
    ended_at timestamptz,
    constraint billing_invoice_key primary key (tenant_id, id),
    constraint billing_invoice_number_once unique (tenant_id, number),
    constraint billing_invoice_period_once unique (tenant_id, subscription_id, period_id),
    constraint billing_invoice_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    -- A period and its invoice are made in one transaction, in any order.
    constraint billing_invoice_subscription foreign key (tenant_id, subscription_id)
        references billing_subscription (tenant_id, id) deferrable initially deferred,
    constraint billing_invoice_period foreign key (tenant_id, period_id)
        references billing_period (tenant_id, id) deferrable initially deferred,
    constraint billing_invoice_status check (status in ('open', 'paid', 'void', 'uncollectible')),
    constraint billing_invoice_currency check (
        total_currency ~ '^[A-Z]{3}$' and subtotal_currency = total_currency and discount_currency = total_currency
        and net_currency = total_currency and tax_currency = total_currency and paid_currency = total_currency
        and returned_currency = total_currency and credited_currency = total_currency
    ),
    constraint billing_invoice_total check (net_minor + tax_minor = total_minor),
    -- Nobody pays more of an invoice than it comes to, and nothing is credited or given back beyond that.
    constraint billing_invoice_paid check (
        case when total_minor < 0 then paid_minor = total_minor and returned_minor = 0 and credited_minor = 0
            else returned_minor between 0 and paid_minor and credited_minor between 0 and total_minor
                and paid_minor - returned_minor + credited_minor <= total_minor
        end
    ),
    constraint billing_invoice_settled check (
        status <> 'paid' or total_minor - credited_minor = paid_minor - returned_minor
    ),
    constraint billing_invoice_owing check (
        status <> 'open' or total_minor - credited_minor > paid_minor - returned_minor
    ),
    constraint billing_invoice_overdue check (not overdue or status = 'open'),
    constraint billing_invoice_charge_on check (charge_on is null or status = 'open'),
    constraint billing_invoice_memo check (length(memo) <= 2000),
    constraint billing_invoice_period_of check (period_id is null or subscription_id is not null)
) with (fillfactor = 80);
create index billing_invoice_customer on billing_invoice (tenant_id, customer_id, id);
create index billing_invoice_period on billing_invoice (tenant_id, period_id) where period_id is not null;
create index billing_invoice_status on billing_invoice (tenant_id, status, id);
create index billing_invoice_overdue on billing_invoice (tenant_id, id) where overdue;
create index billing_invoice_falls_due on billing_invoice (tenant_id, due_on, id) where status = 'open' and not overdue;
create index billing_invoice_charge on billing_invoice (tenant_id, charge_on, id) where charge_on is not null;
create index billing_invoice_outstanding on billing_invoice (tenant_id, issued_on) include (due_minor, due_currency)
    where status = 'open';
call kernel_protect('billing_invoice', 'select, insert, update');

create table billing_invoice_line (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    invoice_id uuid not null,
    place bigint not null,
    description text not null,
    quantity bigint not null,
    unit_amount_minor bigint,
    unit_amount_currency text,
    amount_minor bigint not null,
    amount_currency text not null,
    discount_minor bigint not null,
    discount_currency text not null,
    net_minor bigint not null,
    net_currency text not null,
    tax_minor bigint not null,
    tax_currency text not null,
    total_minor bigint not null,
    total_currency text not null,
    credited_minor bigint not null default 0,
    credited_currency text not null,
    tax_basis_points bigint not null,
    tax_inclusive boolean not null,
    price_id uuid,
    period_from date,
    period_to date,
    derivations jsonb not null,
    constraint billing_invoice_line_key primary key (tenant_id, id),
    constraint billing_invoice_line_once unique (tenant_id, invoice_id, place),
    constraint billing_invoice_line_invoice
        foreign key (tenant_id, invoice_id) references billing_invoice (tenant_id, id),
    constraint billing_invoice_line_total check (net_minor + tax_minor = total_minor),
    constraint billing_invoice_line_discount check (
        amount_minor - discount_minor = case when tax_inclusive then total_minor else net_minor end
    ),
    constraint billing_invoice_line_credited check (
        credited_minor between least(total_minor, 0) and greatest(total_minor, 0)
    )
);
call kernel_protect('billing_invoice_line', 'select, insert, update');

-- What settled an invoice, each thing once: a payment, credit, or money outside; and what went back, below zero.
create table billing_settlement (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    invoice_id uuid not null,
    kind text not null,
    amount_minor bigint not null,
    amount_currency text not null,
    over_minor bigint not null,
    over_currency text not null,
    source_id uuid,
    reference text,
    at timestamptz not null,
    by_kind text not null,
    by_id uuid,
    constraint billing_settlement_key primary key (tenant_id, id),
    constraint billing_settlement_invoice
        foreign key (tenant_id, invoice_id) references billing_invoice (tenant_id, id),
    constraint billing_settlement_kind check (kind in ('payment', 'credit', 'cash', 'transfer', 'refund', 'returned')),
    constraint billing_settlement_reference check (length(reference) <= 255)
);
comment on column billing_settlement.over_minor is 'What was more than the invoice needed, and became credit of the customer.';
create index billing_settlement_invoice on billing_settlement (tenant_id, invoice_id, at, id);
create index billing_settlement_source on billing_settlement (tenant_id, source_id) where source_id is not null;
call kernel_protect('billing_settlement', 'select, insert');

create table billing_credit_note (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    number text not null,
    invoice_id uuid not null,
    customer_id uuid not null,
    total_minor bigint not null,
    total_currency text not null,
    tax_minor bigint not null,
    tax_currency text not null,
    refunding_minor bigint not null,
    refunding_currency text not null,
    kept_minor bigint not null,
    kept_currency text not null,
    reason text not null,
    issued_on date not null,
    issued_at timestamptz not null,
    by_kind text not null,
    by_id uuid,
    constraint billing_credit_note_key primary key (tenant_id, id),
    constraint billing_credit_note_number_once unique (tenant_id, number),
    constraint billing_credit_note_invoice
        foreign key (tenant_id, invoice_id) references billing_invoice (tenant_id, id),
    constraint billing_credit_note_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    constraint billing_credit_note_total check (total_minor > 0),
    constraint billing_credit_note_given check (
        refunding_minor >= 0 and kept_minor >= 0 and refunding_minor + kept_minor <= total_minor
    ),
    constraint billing_credit_note_reason check (length(reason) between 1 and 500)
);
comment on column billing_credit_note.kept_minor is 'What had been paid already, and became credit of the customer.';
create index billing_credit_note_invoice on billing_credit_note (tenant_id, invoice_id, id);
create index billing_credit_note_customer on billing_credit_note (tenant_id, customer_id, id);
call kernel_protect('billing_credit_note', 'select, insert');

create table billing_credit_note_line (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    credit_note_id uuid not null,
    line_id uuid not null,
    place bigint not null,
    description text not null,
    net_minor bigint not null,
    net_currency text not null,
    tax_minor bigint not null,
    tax_currency text not null,
    total_minor bigint not null,
    total_currency text not null,
    derivations jsonb not null,
    constraint billing_credit_note_line_key primary key (tenant_id, id),
    constraint billing_credit_note_line_once unique (tenant_id, credit_note_id, place),
    constraint billing_credit_note_line_note
        foreign key (tenant_id, credit_note_id) references billing_credit_note (tenant_id, id),
    constraint billing_credit_note_line_line
        foreign key (tenant_id, line_id) references billing_invoice_line (tenant_id, id),
    constraint billing_credit_note_line_total check (net_minor + tax_minor = total_minor)
);
create index billing_credit_note_line_line on billing_credit_note_line (tenant_id, line_id);
call kernel_protect('billing_credit_note_line', 'select, insert');

-- Credit that a business granted, and why; what is left of it is the balance in the books.
create table billing_credit (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    customer_id uuid not null,
    amount_minor bigint not null,
    amount_currency text not null,
    reason text not null,
    granted_at timestamptz not null,
    by_kind text not null,
    by_id uuid,
    constraint billing_credit_key primary key (tenant_id, id),
    constraint billing_credit_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    constraint billing_credit_amount check (amount_minor > 0),
    constraint billing_credit_reason check (length(reason) between 1 and 500)
);
create index billing_credit_customer on billing_credit (tenant_id, customer_id, id);
call kernel_protect('billing_credit', 'select, insert');

-- What a business does about an invoice that is not paid; without a row, what the code says.
create table billing_dunning_policy (
    tenant_id uuid primary key default kernel_tenant(),
    retry_days bigint[] not null,
    grace_days bigint not null,
    notices boolean not null,
    mails boolean not null default true,
    outcome text not null,
    changed_at timestamptz not null,
    constraint billing_dunning_policy_days check (cardinality(retry_days) <= 12 and grace_days between 0 and 365),
    constraint billing_dunning_policy_outcome check (outcome in ('cancel', 'pause', 'keep'))
);
call kernel_protect('billing_dunning_policy', 'select, insert, update');

create table billing_dunning (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    invoice_id uuid not null,
    customer_id uuid not null,
    subscription_id uuid,
    state text not null default 'active',
    retry_days bigint[] not null,
    grace_days bigint not null,
    notices boolean not null,
    outcome text not null,
    step bigint not null default 0,
    next_at timestamptz,
    refused_method_id uuid,
    decline_code text,
    started_at timestamptz not null,
    ended_at timestamptz,
    constraint billing_dunning_key primary key (tenant_id, id),
    constraint billing_dunning_once unique (tenant_id, invoice_id),
    constraint billing_dunning_invoice
        foreign key (tenant_id, invoice_id) references billing_invoice (tenant_id, id),
    constraint billing_dunning_customer
        foreign key (tenant_id, customer_id) references payments_customer (tenant_id, id),
    constraint billing_dunning_state check (state in ('active', 'recovered', 'stopped', 'exhausted')),
    constraint billing_dunning_next check ((next_at is not null) = (state = 'active')),
    constraint billing_dunning_ended check ((ended_at is null) = (state = 'active')),
    constraint billing_dunning_outcome check (outcome in ('cancel', 'pause', 'keep'))
);
comment on column billing_dunning.refused_method_id is 'The way to pay that was declined for good; another may be tried.';
create index billing_dunning_due on billing_dunning (tenant_id, next_at, id) where state = 'active';
create index billing_dunning_customer on billing_dunning (tenant_id, customer_id);
call kernel_protect('billing_dunning', 'select, insert, update');

-- Each step of it, once.
create table billing_dunning_step (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    dunning_id uuid not null,
    kind text not null,
    number bigint not null,
    at timestamptz not null,
    constraint billing_dunning_step_key primary key (tenant_id, id),
    constraint billing_dunning_step_once unique (tenant_id, dunning_id, kind, number),
    constraint billing_dunning_step_dunning foreign key (tenant_id, dunning_id) references billing_dunning (tenant_id, id),
    constraint billing_dunning_step_kind check (kind in ('retry', 'notice', 'final'))
);
call kernel_protect('billing_dunning_step', 'select, insert');

-- What happened in a month of the business's own calendar, kept as it happens, in minor units.
create table billing_month (
    tenant_id uuid not null default kernel_tenant(),
    month date not null,
    currency text not null,
    invoiced bigint not null default 0,
    invoices bigint not null default 0,
    collected bigint not null default 0,
    refunded bigint not null default 0,
    credited bigint not null default 0,
    written_off bigint not null default 0,
    failed bigint not null default 0,
    recovered bigint not null default 0,
    mrr_new bigint not null default 0,
    mrr_more bigint not null default 0,
    mrr_less bigint not null default 0,
    mrr_lost bigint not null default 0,
    started bigint not null default 0,
    ended bigint not null default 0,
    constraint billing_month_key primary key (tenant_id, month, currency)
) with (fillfactor = 60);
call kernel_protect('billing_month', 'select, insert, update');

-- What each subscription brings in a month, for the figures above.
create table billing_recurring (
    tenant_id uuid not null default kernel_tenant(),
    subscription_id uuid not null,
    monthly_minor bigint not null,
    monthly_currency text not null,
    changed_at timestamptz not null,
    constraint billing_recurring_key primary key (tenant_id, subscription_id)
);
call kernel_protect('billing_recurring', 'select, insert, update');
