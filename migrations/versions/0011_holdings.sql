-- Holdings: what a signed-in person holds at businesses, such as a stamp card. A row says only that they keep it; what it
-- is now is asked of the system whose kind it is, in the business's own transaction.

create table holdings_holding (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    person_id uuid not null references people_person (id),
    kind text not null check (kind ~ '^[a-z_]+(\.[a-z_]+)+$' and length(kind) <= 100),
    subject_id uuid not null,
    business text not null,
    title text not null check (length(title) between 1 and 300),
    added_at timestamptz not null,
    constraint holdings_holding_once unique (tenant_id, kind, subject_id, person_id)
);
comment on column holdings_holding.title is 'What it was called when it was kept, for when its system cannot say.';
create index holdings_holding_person on holdings_holding (person_id, added_at desc, id desc);
call kernel_protect('holdings_holding');
create policy person on holdings_holding for select using (person_id = people_reader());
