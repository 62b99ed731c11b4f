-- What stands of a business on its invoices.

alter table tenants_tenant add column tax_id text
    constraint tenants_tenant_tax_id check (length(tax_id) between 1 and 40);
alter table tenants_tenant add column address text
    constraint tenants_tenant_address check (length(address) between 1 and 500);
comment on column tenants_tenant.tax_id is 'Its number with the tax authority.';
