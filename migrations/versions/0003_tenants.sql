-- Tenants: the businesses on the platform. A tenant's row belongs to itself.

create table tenants_tenant (
    id uuid primary key,
    name text not null check (length(name) between 1 and 255),
    slug text not null unique check (slug ~ '^[a-z0-9](-?[a-z0-9])*$' and length(slug) <= 63),
    email text,
    phone text,
    logo_url text check (length(logo_url) <= 2008),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    timezone text not null,
    country text not null check (country ~ '^[A-Z]{2}$'),
    languages text[] not null default '{en}',
    jurisdiction text not null default 'default',
    systems text[] not null default '{}',
    clock_offset interval not null default '0',
    created_at timestamptz not null
);
alter table tenants_tenant enable row level security;
alter table tenants_tenant force row level security;
create policy tenant on tenants_tenant
    using (id = kernel_tenant()) with check (id = kernel_tenant());
grant select, insert, update on tenants_tenant to holdfast_app;
grant select on tenants_tenant to holdfast_relay;
create policy relay on tenants_tenant for select to holdfast_relay using (true);

-- Public pages name a business by its slug, before any transaction is bound to it.
create policy by_slug on tenants_tenant for select to holdfast_owner using (true);
create function tenants_of_slug(the_slug text) returns uuid
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    as $$ select id from tenants_tenant where slug = the_slug $$;
comment on function tenants_of_slug(text) is 'The id of the business of that slug, which is public; nothing else of it.';
revoke execute on function tenants_of_slug(text) from public;
grant execute on function tenants_of_slug(text) to holdfast_app;
