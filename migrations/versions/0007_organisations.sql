-- Organisations: companies, cooperatives and authorities that a business deals with, and who of its people is of them.

create table people_organisation (
    id uuid primary key,
    tenant_id uuid not null default kernel_tenant(),
    name text not null check (length(name) between 1 and 200),
    registration text check (length(registration) between 1 and 64),
    email text check (length(email) <= 254),
    phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    country text not null check (country ~ '^[A-Z]{2}$'),
    created_at timestamptz not null,
    closed_at timestamptz,
    unique (tenant_id, id)
);
create index people_organisation_open on people_organisation (tenant_id, id) where closed_at is null;
create unique index people_organisation_registration
    on people_organisation (tenant_id, country, registration) where registration is not null and closed_at is null;
call kernel_protect('people_organisation', 'select, insert, update');

create table people_affiliation (
    tenant_id uuid not null default kernel_tenant(),
    organisation_id uuid not null,
    membership_id uuid not null,
    since timestamptz not null,
    primary key (tenant_id, organisation_id, membership_id),
    foreign key (tenant_id, organisation_id) references people_organisation (tenant_id, id),
    foreign key (tenant_id, membership_id) references people_membership (tenant_id, id)
);
create index people_affiliation_membership on people_affiliation (tenant_id, membership_id);
call kernel_protect('people_affiliation', 'select, insert, delete');
