-- People are global: one person, a membership per business. What signs them in belongs to the platform, whose
-- pseudo tenant is the nil id; businesses never see it.

create function kernel_is_platform() returns boolean
    language sql stable parallel safe
    as $$ select kernel_tenant() = '00000000-0000-0000-0000-000000000000' $$;
comment on function kernel_is_platform() is 'Whether this transaction belongs to the platform itself rather than to a business.';

create function people_reader() returns uuid
    language sql stable parallel safe
    as $$ select kernel_person() where kernel_is_platform() $$;
comment on function people_reader() is 'The person who reads their own rows across businesses. Only in a transaction of the platform: in one of a business, a query must not meet rows of another by accident.';

create table people_person (
    id uuid primary key,
    name text not null check (length(name) between 1 and 200),
    phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    locale text not null default 'en',
    address text check (length(address) <= 500),
    city text check (length(city) <= 200),
    region text check (length(region) <= 200),
    postal_code text check (length(postal_code) <= 20),
    country text check (country ~ '^[A-Z]{2}$'),
    status text not null default 'active' check (status in ('active', 'inactive', 'blocked')),
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table people_role (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    name text not null check (length(name) between 1 and 64),
    grants text[] not null check (cardinality(grants) between 1 and 500),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, id)
);
create unique index people_role_name on people_role (tenant_id, lower(name));
call kernel_protect('people_role');

create table people_membership (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    person_id uuid not null references people_person (id),
    email text,
    role text not null check (role in ('owner', 'manager', 'staff', 'customer', 'custom')),
    role_id uuid,
    sites uuid[] not null default '{}',
    created_at timestamptz not null,
    ended_at timestamptz,
    unique (tenant_id, person_id),
    unique (tenant_id, id),
    check ((role = 'custom') = (role_id is not null)),
    foreign key (tenant_id, role_id) references people_role (tenant_id, id)
);
create index people_membership_person on people_membership (person_id);
create index people_membership_staff on people_membership (tenant_id, id) where ended_at is null and role <> 'customer';
create index people_membership_role on people_membership (tenant_id, role_id) where role_id is not null;
call kernel_protect('people_membership', 'select, insert, update');
create policy person on people_membership for select using (person_id = people_reader());

create policy person on people_role for select using (
    exists (
        select from people_membership as own
        where own.tenant_id = people_role.tenant_id and own.person_id = people_reader() and own.ended_at is null
    )
);

create policy person on tenants_tenant for select using (
    exists (
        select from people_membership as own
        where own.tenant_id = tenants_tenant.id and own.person_id = people_reader() and own.ended_at is null
    )
);

-- The platform sees and changes every person, a person sees themselves, a business sees whoever is or was its member.
-- Anybody may be added by a business (a customer at the counter), but it sees them only once they are a member.
alter table people_person enable row level security;
alter table people_person force row level security;
create policy platform on people_person using (kernel_is_platform()) with check (kernel_is_platform());
create policy person on people_person for select using (id = kernel_person());
create policy member on people_person for select using (
    exists (
        select from people_membership as member
        where member.person_id = people_person.id and member.tenant_id = kernel_tenant()
    )
);
create policy newcomer on people_person for insert with check (true);
grant select, insert, update on people_person to holdfast_app;

create table people_invitation (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    email text not null check (email = lower(email) and length(email) <= 254),
    role text not null check (role in ('owner', 'manager', 'staff', 'customer', 'custom')),
    role_id uuid,
    sites uuid[] not null default '{}',
    invited_by uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    withdrawn_at timestamptz,
    membership_id uuid,
    unique (tenant_id, id),
    check ((role = 'custom') = (role_id is not null)),
    check (accepted_at is null or withdrawn_at is null),
    foreign key (tenant_id, role_id) references people_role (tenant_id, id),
    foreign key (tenant_id, membership_id) references people_membership (tenant_id, id)
);
create unique index people_invitation_open on people_invitation (tenant_id, email)
    where accepted_at is null and withdrawn_at is null;
create index people_invitation_role on people_invitation (tenant_id, role_id) where role_id is not null;
create index people_invitation_membership on people_invitation (tenant_id, membership_id) where membership_id is not null;
call kernel_protect('people_invitation', 'select, insert, update');

create table session_registration (
    id uuid primary key,
    tenant_id uuid not null default '00000000-0000-0000-0000-000000000000' check (tenant_id = '00000000-0000-0000-0000-000000000000'),
    email text not null check (email = lower(email) and length(email) <= 254),
    password_hash text not null,
    name text not null,
    phone text,
    locale text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_registration_expiry on session_registration (tenant_id, expires_at);
call kernel_protect('session_registration');

create table session_credential (
    id uuid primary key,
    tenant_id uuid not null default '00000000-0000-0000-0000-000000000000' check (tenant_id = '00000000-0000-0000-0000-000000000000'),
    person_id uuid not null unique references people_person (id),
    email text not null unique check (email = lower(email) and length(email) <= 254),
    password_hash text not null,
    token_version bigint not null default 1,
    verified_at timestamptz,
    password_changed_at timestamptz not null,
    created_at timestamptz not null
);
call kernel_protect('session_credential', 'select, insert, update');
create policy person on session_credential for select using (person_id = kernel_person());
-- Whoever accepts an invitation gets their account in the business's transaction, which can add but never see one.
create policy newcomer on session_credential for insert with check (true);

create table session_code (
    id uuid primary key,
    tenant_id uuid not null default '00000000-0000-0000-0000-000000000000' check (tenant_id = '00000000-0000-0000-0000-000000000000'),
    purpose text not null check (purpose in ('registration', 'verification', 'reset', 'reminder')),
    email text not null,
    registration_id uuid references session_registration (id) on delete cascade,
    credential_id uuid references session_credential (id),
    attempts bigint not null default 0 check (attempts >= 0),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    check ((purpose = 'registration') = (registration_id is not null)),
    check ((purpose = 'registration') = (credential_id is null))
);
create index session_code_email on session_code (tenant_id, email, created_at);
create index session_code_expiry on session_code (tenant_id, expires_at);
create index session_code_registration on session_code (registration_id) where registration_id is not null;
create index session_code_credential on session_code (credential_id) where credential_id is not null;
call kernel_protect('session_code');

-- A session is one sign-in on one device, and the family of refresh tokens that came from it.
create table session_session (
    id uuid primary key,
    tenant_id uuid not null default '00000000-0000-0000-0000-000000000000' check (tenant_id = '00000000-0000-0000-0000-000000000000'),
    person_id uuid not null references people_person (id),
    client text not null check (client in ('browser', 'api')),
    device text check (length(device) <= 300),
    acts_in uuid not null,
    token_version bigint not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    ended_by text check (ended_by in ('sign_out', 'everywhere', 'password', 'reuse')),
    check ((ended_at is null) = (ended_by is null))
);
create index session_session_person on session_session (tenant_id, person_id, id);
create index session_session_expiry on session_session (tenant_id, expires_at);
call kernel_protect('session_session');

create table session_refresh (
    token_hash bytea primary key,
    tenant_id uuid not null default '00000000-0000-0000-0000-000000000000' check (tenant_id = '00000000-0000-0000-0000-000000000000'),
    session_id uuid not null references session_session (id) on delete cascade,
    issued_at timestamptz not null,
    used_at timestamptz
);
create index session_refresh_session on session_refresh (session_id);
call kernel_protect('session_refresh');

-- A key belongs to the business in which it acts, and to the person whose grants limit it.
create table session_api_key (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    person_id uuid not null references people_person (id),
    name text not null check (length(name) between 1 and 100),
    hint text not null,
    key_hash bytea not null unique,
    scopes text[] not null check (cardinality(scopes) between 1 and 500),
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index session_api_key_person on session_api_key (tenant_id, person_id, id);
create index session_api_key_own on session_api_key (person_id);
call kernel_protect('session_api_key', 'select, insert, update');
create policy person on session_api_key for select using (person_id = people_reader());

-- The sandbox of the mail port: what a real provider would have sent. The platform's own mailbox page reads them all.
create table sandbox_mail (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    idempotency_key text not null,
    recipient text not null,
    subject text not null,
    body text not null,
    at timestamptz not null,
    unique (tenant_id, idempotency_key)
);
create index sandbox_mail_recipient on sandbox_mail (recipient, id);
call kernel_protect('sandbox_mail', 'select, insert');
create policy platform on sandbox_mail for select using (kernel_is_platform());
