/** Opening a business, or changing the one that this set-up has opened: sent twice, it is done once. */

import {
  type Tenant,
  type TenantsTenantsChanges,
  tenantsChange,
  tenantsOpenBusiness,
  tenantsPutLogo,
} from '../../../api';
import type { Attempt } from '../../../queries';
import { tenantHeader } from '../../../shell/session';

export interface BusinessValues extends Record<string, unknown> {
  name: string;
  country: string;
  currency: string;
  timezone: string;
  languages: string[];
  phone: string;
  /** `#rrggbb`; empty for the platform's own. */
  accent: string;
}

export const valuesOf = (tenant: Tenant): BusinessValues => ({
  name: tenant.name,
  country: tenant.country,
  currency: tenant.currency,
  timezone: tenant.timezone,
  languages: tenant.languages,
  phone: tenant.phone ?? '',
  accent: tenant.accent ?? '',
});

const wantedOf = ({ phone, accent, name, ...values }: BusinessValues) => ({
  ...values,
  name: name.trim(),
  phone: phone.trim() || null,
  accent: accent || null,
});

/** What differs between the business as it is and as it is wanted; null when nothing does. */
export function changesOf(tenant: Tenant, values: BusinessValues): TenantsTenantsChanges | null {
  const changes = Object.entries(wantedOf(values)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(tenant[name as keyof Tenant]),
  );
  return changes.length === 0 ? null : Object.fromEntries(changes);
}

interface Opening {
  id: string;
  values: BusinessValues;
  /** The business, where an earlier attempt has opened it. */
  tenant: Tenant | undefined;
  logo: Blob | null;
}

export async function openBusiness(
  { id, values, tenant, logo }: Opening,
  { headers }: Attempt,
): Promise<{ data: Tenant }> {
  const { accent: _, ...opened } = wantedOf(values);
  const there =
    tenant ?? (await tenantsOpenBusiness({ body: { id, ...opened, systems: ['loyalty'] }, headers })).data;
  const path = { tenant_id: id };
  const inBusiness = tenantHeader(id);
  // A business that was there already answers as it is, so that what was changed meanwhile is sent after it.
  const changes = changesOf(there, values);
  const changed =
    changes === null ? there : (await tenantsChange({ path, body: changes, headers: inBusiness })).data;
  if (logo === null) return { data: changed };
  return tenantsPutLogo({ path, body: logo, headers: { ...inBusiness, 'Content-Type': logo.type } });
}
