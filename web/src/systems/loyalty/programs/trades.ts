/** Promises to begin with. Their words are in the catalogue under `template.<name>.…`. */

import { IconBread, IconCarGarage, IconCoffee, IconScissors } from '@tabler/icons-react';

const HOUR = 3600;

export const TEMPLATES = [
  { name: 'coffee', icon: IconCoffee, stamps_required: 10, stamp_gap_seconds: 60, inactivity_days: 14 },
  {
    name: 'barber',
    icon: IconScissors,
    stamps_required: 6,
    stamp_gap_seconds: 12 * HOUR,
    inactivity_days: 60,
  },
  { name: 'bakery', icon: IconBread, stamps_required: 12, stamp_gap_seconds: 60, inactivity_days: 14 },
  { name: 'carwash', icon: IconCarGarage, stamps_required: 8, stamp_gap_seconds: HOUR, inactivity_days: 45 },
] as const;

export type Template = (typeof TEMPLATES)[number];
