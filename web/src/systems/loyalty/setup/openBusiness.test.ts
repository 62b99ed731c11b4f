import { beforeEach, expect, it, vi } from 'vitest';
import type { Tenant } from '../../../api';
import * as api from '../../../api';
import { changesOf, openBusiness, valuesOf } from './openBusiness';

vi.mock('../../../api', () => ({
  tenantsOpenBusiness: vi.fn(),
  tenantsChange: vi.fn(),
  tenantsPutLogo: vi.fn(),
}));

const ID = '0198f2ab-0000-7000-8000-000000000001';
const TENANT: Tenant = {
  id: ID,
  name: 'Café Aurora',
  slug: 'cafe-aurora',
  email: 'elena@aurora.example',
  phone: null,
  tax_id: null,
  address: null,
  logo_url: null,
  accent: null,
  currency: 'PEN',
  timezone: 'America/Lima',
  country: 'PE',
  languages: ['es'],
  jurisdiction: 'default',
  systems: ['loyalty'],
  clock_offset: 'PT0S',
  created_at: '2026-05-01T12:00:00Z',
};
const ATTEMPT = { headers: { 'Idempotency-Key': 'key' } };
const answer = (tenant: Tenant) => ({ data: tenant }) as never;

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(api.tenantsOpenBusiness).mockResolvedValue(answer(TENANT));
  vi.mocked(api.tenantsChange).mockImplementation((({ body }: { body: object }) =>
    Promise.resolve(answer({ ...TENANT, ...body }))) as never);
  vi.mocked(api.tenantsPutLogo).mockResolvedValue(answer({ ...TENANT, logo_url: '/logo.webp' }));
});

it('opens a business under the id of the address, with loyalty switched on', async () => {
  await openBusiness({ id: ID, values: valuesOf(TENANT), tenant: undefined, logo: null }, ATTEMPT);
  expect(vi.mocked(api.tenantsOpenBusiness).mock.calls[0]?.[0]).toMatchObject({
    body: { id: ID, name: 'Café Aurora', country: 'PE', currency: 'PEN', systems: ['loyalty'] },
    headers: ATTEMPT.headers,
  });
  expect(api.tenantsChange).not.toHaveBeenCalled();
  expect(api.tenantsPutLogo).not.toHaveBeenCalled();
});

it('sends the colour, and then the logo, after the business is there', async () => {
  const logo = new Blob(['picture'], { type: 'image/webp' });
  const values = { ...valuesOf(TENANT), accent: '#b4532a' };
  const { data } = await openBusiness({ id: ID, values, tenant: undefined, logo }, ATTEMPT);
  expect(vi.mocked(api.tenantsChange).mock.calls[0]?.[0]).toMatchObject({ body: { accent: '#b4532a' } });
  expect(vi.mocked(api.tenantsPutLogo).mock.calls[0]?.[0]).toMatchObject({
    body: logo,
    headers: { 'Holdfast-Tenant': ID, 'Content-Type': 'image/webp' },
  });
  expect(data.logo_url).toBe('/logo.webp');
});

it('opens nothing again, and sends what was changed on the way back', async () => {
  const values = { ...valuesOf(TENANT), name: ' Café Alba ', phone: '+51987654321' };
  await openBusiness({ id: ID, values, tenant: TENANT, logo: null }, ATTEMPT);
  expect(api.tenantsOpenBusiness).not.toHaveBeenCalled();
  expect(vi.mocked(api.tenantsChange).mock.calls[0]?.[0]).toMatchObject({
    body: { name: 'Café Alba', phone: '+51987654321' },
  });
});

it('sees no change where there is none', () => {
  expect(changesOf(TENANT, { ...valuesOf(TENANT), name: 'Café Aurora ' })).toBeNull();
  expect(changesOf({ ...TENANT, phone: '+51987654321' }, { ...valuesOf(TENANT), phone: ' ' })).toEqual({
    phone: null,
  });
});
