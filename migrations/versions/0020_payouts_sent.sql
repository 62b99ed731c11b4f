-- How a payout was sent: how often, from which account and through which connection, so that it is asked about and sent
-- again there and nowhere else.

-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid

alter table payouts_payout add column sendings bigint not null default 0;
alter table payouts_payout add column rail_account text;
alter table payouts_payout add column rail_connection_id uuid;
alter table payouts_payout add column rail_destination_ref text;
comment on column payouts_payout.sendings is 'How often it was given to its rail; only the newest sender may say that it failed.';
comment on column payouts_payout.rail_destination_ref is 'What the rail calls the bank account, so that every sending asks for the same.';
alter table payouts_payout add constraint payouts_payout_connection
    foreign key (tenant_id, rail_connection_id) references payments_connection (tenant_id, id) not valid;
alter table payouts_payout validate constraint payouts_payout_connection;
create index payouts_payout_connection on payouts_payout (tenant_id, rail_connection_id)
    where rail_connection_id is not null;

-- What a rail calls a bank account is its word at one connection alone.
alter table payouts_destination add column ref_connection_id uuid;
alter table payouts_destination add constraint payouts_destination_connection
    foreign key (tenant_id, ref_connection_id) references payments_connection (tenant_id, id) not valid;
alter table payouts_destination validate constraint payouts_destination_connection;
create index payouts_destination_connection on payouts_destination (tenant_id, ref_connection_id)
    where ref_connection_id is not null;

alter table payouts_settings add constraint payouts_settings_rail_account
    check (rail_account ~ '^[A-Za-z0-9]{1,34}$') not valid;

-- What is on its way already was sent at least once, and nobody asked what became of what is being processed.
alter table payouts_payout no force row level security;
update payouts_payout set sendings = 1, due_at = coalesce(due_at, now())
    where rail <> 'bank_file' and status in ('sending', 'unknown', 'processing');
-- An approved one that nobody sends, because its sender found no connection, is sent.
update payouts_payout set due_at = now() where rail <> 'bank_file' and status = 'approved' and due_at is null;
alter table payouts_payout force row level security;
