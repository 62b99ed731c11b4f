-- Payouts: what a business owes to others (agents, owners, partners), and how it leaves to their bank accounts.

create table payouts_wallet (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    kind text not null,
    party_id uuid not null,
    name text not null,
    currency text not null,
    person_id uuid references people_person (id),
    created_at timestamptz not null,
    constraint payouts_wallet_key primary key (tenant_id, id),
    constraint payouts_wallet_once unique (tenant_id, kind, party_id, currency),
    constraint payouts_wallet_kind check (kind ~ '^[a-z_]{1,40}$'),
    constraint payouts_wallet_name check (length(name) between 1 and 255),
    constraint payouts_wallet_currency check (currency ~ '^[A-Z]{3}$')
);
create index payouts_wallet_person on payouts_wallet (person_id, tenant_id, id) where person_id is not null;
call kernel_protect('payouts_wallet', 'select, insert, update');
create policy person on payouts_wallet for select using (person_id = people_reader());

create table payouts_settings (
    tenant_id uuid primary key default kernel_tenant(),
    minimum bigint not null,
    holding_days bigint not null,
    two_approvals_above bigint,
    rail text not null,
    rail_account text,
    changed_at timestamptz not null,
    constraint payouts_settings_minimum check (minimum >= 0),
    constraint payouts_settings_days check (holding_days between 0 and 365),
    constraint payouts_settings_rail check (rail in ('sandbox', 'bank_file', 'razorpayx')),
    constraint payouts_settings_account check (rail <> 'razorpayx' or rail_account is not null)
);
call kernel_protect('payouts_settings', 'select, insert, update');

-- What a party earned. It waits for its day, and may be taken back until then and after.
create table payouts_earning (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    wallet_id uuid not null,
    amount_minor bigint not null,
    amount_currency text not null,
    clawed_minor bigint not null default 0,
    clawed_currency text not null,
    status text not null default 'pending',
    code text not null,
    reference_id uuid,
    available_on date not null,
    created_at timestamptz not null,
    constraint payouts_earning_key primary key (tenant_id, id),
    constraint payouts_earning_wallet foreign key (tenant_id, wallet_id) references payouts_wallet (tenant_id, id),
    constraint payouts_earning_amount check (amount_minor > 0),
    constraint payouts_earning_clawed check (clawed_minor between 0 and amount_minor),
    constraint payouts_earning_currency check (clawed_currency = amount_currency),
    constraint payouts_earning_status check (status in ('pending', 'available'))
);
create index payouts_earning_wallet on payouts_earning (tenant_id, wallet_id, id);
create index payouts_earning_due on payouts_earning (tenant_id, available_on, id) where status = 'pending';
call kernel_protect('payouts_earning', 'select, insert, update');

create table payouts_destination (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    wallet_id uuid not null,
    holder text not null,
    country text not null,
    kind text not null,
    masked text not null,
    sealed bytea not null,
    fingerprint bytea not null,
    shared boolean not null,
    active boolean not null default true,
    provider_ref text,
    created_at timestamptz not null,
    constraint payouts_destination_key primary key (tenant_id, id),
    constraint payouts_destination_wallet
        foreign key (tenant_id, wallet_id) references payouts_wallet (tenant_id, id),
    constraint payouts_destination_holder check (length(holder) between 1 and 140),
    constraint payouts_destination_country check (country ~ '^[A-Z]{2}$'),
    constraint payouts_destination_kind check (kind in ('iban', 'account', 'vpa'))
);
comment on column payouts_destination.sealed is 'The account, in the vault.';
comment on column payouts_destination.shared is 'Whether another party has the same account, which somebody should look at.';
create index payouts_destination_wallet on payouts_destination (tenant_id, wallet_id, id);
create index payouts_destination_same on payouts_destination (tenant_id, fingerprint);
call kernel_protect('payouts_destination', 'select, insert, update');

create table payouts_payout (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    wallet_id uuid not null,
    destination_id uuid not null,
    amount_minor bigint not null,
    amount_currency text not null,
    status text not null default 'requested',
    approvals_needed bigint not null,
    approvals bigint not null default 0,
    rail text not null,
    hold_id uuid not null,
    requested_by_kind text not null,
    requested_by uuid,
    decided_by uuid,
    reason text,
    provider_ref text,
    trace text,
    due_at timestamptz,
    asked bigint not null default 0,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    ended_at timestamptz,
    constraint payouts_payout_key primary key (tenant_id, id),
    constraint payouts_payout_wallet foreign key (tenant_id, wallet_id) references payouts_wallet (tenant_id, id),
    constraint payouts_payout_destination
        foreign key (tenant_id, destination_id) references payouts_destination (tenant_id, id),
    constraint payouts_payout_hold foreign key (hold_id) references ledger_transfer (id),
    constraint payouts_payout_amount check (amount_minor > 0),
    constraint payouts_payout_status check (
        status in (
            'requested', 'approved', 'sending', 'unknown', 'processing', 'paid', 'failed', 'returned', 'rejected',
            'cancelled'
        )
    ),
    constraint payouts_payout_approvals check (approvals_needed between 1 and 2 and approvals between 0 and approvals_needed),
    constraint payouts_payout_rejected check (status <> 'rejected' or reason is not null),
    constraint payouts_payout_ended
        check ((ended_at is not null) = (status in ('paid', 'failed', 'returned', 'rejected', 'cancelled')))
);
create index payouts_payout_wallet on payouts_payout (tenant_id, wallet_id, id);
create index payouts_payout_destination on payouts_payout (tenant_id, destination_id);
create index payouts_payout_status on payouts_payout (tenant_id, status, id);
create index payouts_payout_hold on payouts_payout (hold_id);
create index payouts_payout_due on payouts_payout (tenant_id, due_at, id) where due_at is not null;
call kernel_protect('payouts_payout', 'select, insert, update');

-- Nobody approves twice, and nobody approves what they asked for.
create table payouts_approval (
    tenant_id uuid not null default kernel_tenant(),
    payout_id uuid not null,
    person_id uuid not null references people_person (id),
    at timestamptz not null,
    constraint payouts_approval_once primary key (tenant_id, payout_id, person_id),
    constraint payouts_approval_payout foreign key (tenant_id, payout_id) references payouts_payout (tenant_id, id)
);
create index payouts_approval_person on payouts_approval (person_id);
call kernel_protect('payouts_approval', 'select, insert');

create table payouts_file (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    number bigint not null,
    format text not null,
    payouts bigint not null,
    total_minor bigint not null,
    total_currency text not null,
    made_by uuid,
    created_at timestamptz not null,
    constraint payouts_file_key primary key (tenant_id, id),
    constraint payouts_file_number_once unique (tenant_id, number),
    constraint payouts_file_format check (format in ('pain.001', 'csv'))
);
call kernel_protect('payouts_file', 'select, insert');

create table payouts_file_item (
    tenant_id uuid not null default kernel_tenant(),
    file_id uuid not null,
    payout_id uuid not null,
    place bigint not null,
    constraint payouts_file_item_once primary key (tenant_id, payout_id),
    constraint payouts_file_item_file foreign key (tenant_id, file_id) references payouts_file (tenant_id, id),
    constraint payouts_file_item_payout foreign key (tenant_id, payout_id) references payouts_payout (tenant_id, id)
);
create index payouts_file_item_file on payouts_file_item (tenant_id, file_id, place);
call kernel_protect('payouts_file_item', 'select, insert');

-- The bank in the box.
create table sandbox_payout (
    tenant_id uuid not null default kernel_tenant(),
    ref text not null,
    payout_id uuid not null,
    state jsonb not null,
    changed_at timestamptz not null,
    constraint sandbox_payout_key primary key (tenant_id, ref),
    constraint sandbox_payout_once unique (tenant_id, payout_id)
);
call kernel_protect('sandbox_payout', 'select, insert, update');
