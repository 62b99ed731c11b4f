-- What comparing with providers needs: inquiries beside disputes, customers whom a provider takes for one, and why a
-- record could not be compared.
-- The tables are short: a business has few disputes, refunds and findings, and a lock on them holds nobody up for long.
-- squawk-ignore-file require-concurrent-index-creation, ban-drop-constraint, constraint-missing-not-valid

-- An inquiry asks, and takes no money until it becomes a dispute. What was opened before took it.
alter table payments_dispute add column withdrawn boolean not null default true;
comment on column payments_dispute.withdrawn is 'Whether the provider took the money for it; an inquiry does not.';
create index payments_dispute_waiting on payments_dispute (tenant_id, opened_at desc, id desc) where closed_at is null;

create index payments_refund_by_status on payments_refund (tenant_id, status, created_at desc, id desc);

-- Razorpay has one customer per address, whom two of ours may share.
alter table payments_customer_ref drop constraint payments_customer_ref_once;
create index payments_customer_ref_named on payments_customer_ref (tenant_id, connection_id, ref);

alter table payments_finding add column problem text;
comment on column payments_finding.problem is 'Why it could not be repaired, as whoever reads it is told.';
alter table payments_finding drop constraint payments_finding_kind;
alter table payments_finding add constraint payments_finding_kind check (
    kind in (
        'behind', 'amount', 'refunds', 'ledger', 'stranger', 'missing_there', 'other_mode', 'dispute', 'unreadable'
    )
) not valid;
alter table payments_finding validate constraint payments_finding_kind;
