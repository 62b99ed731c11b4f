-- Reconciliation: our payments, the ledger and what the provider has written down, compared; and what was found.

create table payments_reconciliation (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    connection_id uuid not null,
    since timestamptz not null,
    until timestamptz not null,
    asked_by_kind text not null,
    asked_by uuid,
    status text not null default 'wanted',
    compared bigint not null default 0,
    repaired bigint not null default 0,
    standing bigint not null default 0,
    error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint payments_reconciliation_key primary key (tenant_id, id),
    constraint payments_reconciliation_connection
        foreign key (tenant_id, connection_id) references payments_connection (tenant_id, id),
    constraint payments_reconciliation_status check (status in ('wanted', 'running', 'clean', 'found', 'failed')),
    constraint payments_reconciliation_window check (since < until),
    constraint payments_reconciliation_ended
        check ((finished_at is not null) = (status in ('clean', 'found', 'failed')))
);
create index payments_reconciliation_newest on payments_reconciliation (tenant_id, created_at desc, id desc);
create index payments_reconciliation_connection on payments_reconciliation (tenant_id, connection_id, created_at desc);
-- One comparison of a connection at a time: two at once would find each other's repairs.
create unique index payments_reconciliation_alone on payments_reconciliation (tenant_id, connection_id)
    where status in ('wanted', 'running');
call kernel_protect('payments_reconciliation', 'select, insert, update');

create table payments_finding (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    reconciliation_id uuid not null,
    kind text not null,
    subject text not null,
    payment_id uuid,
    ours jsonb,
    ledger jsonb,
    theirs jsonb,
    repaired boolean not null,
    found_at timestamptz not null,
    constraint payments_finding_key primary key (tenant_id, id),
    -- A comparison that was interrupted is made again from its beginning, and writes nothing down twice.
    constraint payments_finding_once unique (tenant_id, reconciliation_id, kind, subject),
    constraint payments_finding_reconciliation
        foreign key (tenant_id, reconciliation_id) references payments_reconciliation (tenant_id, id),
    constraint payments_finding_kind check (
        kind in (
            'behind', 'amount', 'refunds', 'ledger', 'stranger', 'missing_there', 'other_mode', 'unreadable'
        )
    ),
    constraint payments_finding_subject check (length(subject) between 1 and 255)
);
create index payments_finding_payment on payments_finding (tenant_id, payment_id) where payment_id is not null;
call kernel_protect('payments_finding', 'select, insert, update');
