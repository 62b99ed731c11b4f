/** How loyalty plugs into the shell: its pages, its search, and how it shows a card that somebody holds. */

import {
  IconCards,
  IconChartHistogram,
  IconDeviceMobile,
  IconPrinter,
  IconRubberStamp,
  IconUserStar,
  IconUsersGroup,
} from '@tabler/icons-react';
import { loyaltyListCustomers } from '../../api';
import type { System } from '../../shell/systems';
import { part } from '../../ui/part';

const MOST = 6;

export const loyalty: System = {
  name: 'loyalty',
  label: 'systems.loyalty',
  description: 'systems.loyalty.description',
  icon: IconCards,
  pages: [
    { path: 'loyalty', label: 'nav.loyalty', icon: IconChartHistogram, grant: 'loyalty.read', onPhone: true },
    {
      path: 'loyalty/members',
      label: 'nav.loyalty.members',
      icon: IconUsersGroup,
      grant: 'loyalty.read',
      onPhone: true,
    },
    { path: 'loyalty/programs', label: 'nav.loyalty.programs', icon: IconCards, grant: 'loyalty.read' },
    {
      path: 'loyalty/poster',
      label: 'nav.loyalty.poster',
      icon: IconPrinter,
      grant: 'loyalty.read',
      onPhone: true,
    },
    { path: 'loyalty/staff', label: 'nav.loyalty.staff', icon: IconUserStar, grant: 'people.read' },
    { path: 'loyalty/devices', label: 'nav.loyalty.devices', icon: IconDeviceMobile, grant: 'devices.read' },
  ],
  tools: [{ to: '/stamper', label: 'nav.loyalty.stamper', icon: IconRubberStamp, grant: 'loyalty.stamp' }],
  searches: [
    {
      label: 'search.members',
      icon: IconUsersGroup,
      grant: 'loyalty.read',
      find: async (business, text, signal) => {
        const { data } = await loyaltyListCustomers({
          path: { business_id: business.tenant },
          query: { search: text, limit: MOST },
          headers: business.headers,
          signal,
        });
        return data.items.map(({ id, name, phone }) => ({
          id,
          label: name,
          path: `loyalty/members/${id}`,
          ...(phone !== null && { description: phone }),
        }));
      },
    },
  ],
  holdings: {
    'loyalty.card': part(() => import('./home/HeldCard'), 'HeldCard'),
  },
  kept: async () => (await import('./home/kept')).keptCards(),
};
