-- The payment provider in the box: what a provider keeps, as it tells it, and the messages that it sends.

create table sandbox_pay_object (
    tenant_id uuid not null default kernel_tenant(),
    connection_id uuid not null,
    ref text not null,
    kind text not null,
    our_id uuid,
    parent_ref text,
    state jsonb not null,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    seq bigint not null generated always as identity,
    constraint sandbox_pay_object_key primary key (tenant_id, connection_id, ref),
    constraint sandbox_pay_object_kind check (
        kind in ('customer', 'method', 'session', 'payment', 'refund', 'dispute', 'price', 'subscription')
    )
);
comment on column sandbox_pay_object.our_id is 'The id that whoever asked sent along, which it can be found by.';
create index sandbox_pay_object_ours on sandbox_pay_object (tenant_id, connection_id, kind, our_id);
create index sandbox_pay_object_parent on sandbox_pay_object (tenant_id, connection_id, parent_ref, kind);
create index sandbox_pay_object_newest on sandbox_pay_object (tenant_id, connection_id, kind, seq);
create index sandbox_pay_object_kind on sandbox_pay_object (tenant_id, kind, seq);
call kernel_protect('sandbox_pay_object', 'select, insert, update');

-- Whom it serves, and what the messages to them are signed with.
create table sandbox_pay_client (
    tenant_id uuid not null default kernel_tenant(),
    connection_id uuid not null,
    provider text not null,
    sealed bytea not null,
    constraint sandbox_pay_client_key primary key (tenant_id, connection_id),
    constraint sandbox_pay_client_provider check (provider in ('sandbox-stripe', 'sandbox-razorpay'))
);
call kernel_protect('sandbox_pay_client', 'select, insert, update');

-- The same key with the same request is answered as before.
create table sandbox_pay_key (
    tenant_id uuid not null default kernel_tenant(),
    connection_id uuid not null,
    key text not null,
    request text not null,
    ref text not null,
    at timestamptz not null,
    constraint sandbox_pay_key_once primary key (tenant_id, connection_id, key)
);
call kernel_protect('sandbox_pay_key', 'select, insert');

-- What becomes of the next calls: for tests of what nobody wishes for.
create table sandbox_pay_fault (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    connection_id uuid not null,
    call text not null,
    fault text not null,
    constraint sandbox_pay_fault_key primary key (tenant_id, id),
    constraint sandbox_pay_fault_kind check (fault in ('lost_before', 'lost_after', 'away'))
);
create index sandbox_pay_fault_next on sandbox_pay_fault (tenant_id, connection_id, call, id);
call kernel_protect('sandbox_pay_fault');

create table sandbox_pay_delivery (
    tenant_id uuid not null default kernel_tenant(),
    id uuid not null,
    connection_id uuid not null,
    provider text not null,
    message_id text not null,
    name text not null,
    subject_ref text not null,
    body bytea not null,
    state text not null default 'waiting',
    sent bigint not null default 0,
    answer bigint,
    made_at timestamptz not null,
    sent_at timestamptz,
    constraint sandbox_pay_delivery_key primary key (tenant_id, id),
    constraint sandbox_pay_delivery_state check (state in ('waiting', 'delivered', 'refused', 'held'))
);
create index sandbox_pay_delivery_newest on sandbox_pay_delivery (tenant_id, id desc);
call kernel_protect('sandbox_pay_delivery', 'select, insert, update');
