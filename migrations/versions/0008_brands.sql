-- What a business looks like to its customers: an accent, and a logo.

alter table tenants_tenant add column accent text
    constraint tenants_tenant_accent check (accent ~ '^#[0-9a-f]{6}$');

-- Logos as they are shown, drawn anew from what was uploaded. The digest of the bytes is their address, so what an
-- address shows never changes; the tenant's logo_url names the one that counts.
create table tenants_logo (
    tenant_id uuid not null default kernel_tenant(),
    digest text not null,
    image bytea not null,
    constraint tenants_logo_key primary key (tenant_id, digest),
    constraint tenants_logo_digest check (digest ~ '^[0-9a-f]{32}$'),
    constraint tenants_logo_image check (length(image) between 1 and 1048576)
);
call kernel_protect('tenants_logo', 'select, insert, delete');
