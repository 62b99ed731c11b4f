/** The sums below an invoice's or a preview's lines, in the order in which they are worked out. */

import type { Money } from '../../ui/format';
import type { Invoice } from './api';

export type SumName =
  | 'subtotal'
  | 'discount'
  | 'taxAdded'
  | 'taxIncluded'
  | 'total'
  | 'credited'
  | 'paid'
  | 'due';

export interface Sum {
  name: SumName;
  amount: Money;
  /** Of a tax, in hundredths of a percent. */
  points?: number;
  total?: boolean;
}

type Figures = Pick<Invoice, 'subtotal' | 'discount' | 'total'> & {
  taxes?: ReadonlyArray<Omit<Invoice['taxes'][number], 'net'>>;
  status?: Invoice['status'];
  paid?: Money;
  returned?: Money;
  credited?: Money;
  due?: Money;
};

const minus = ({ minor, currency }: Money): Money => ({ minor: -minor || 0, currency });

/** Sums that say nothing new are left out: a subtotal alone is the total. */
export function sums(of: Figures): Sum[] {
  const { subtotal, discount, total, taxes = [], credited, paid, returned, due } = of;
  const found: Sum[] = [];
  if (subtotal.minor !== total.minor || discount.minor !== 0)
    found.push({ name: 'subtotal', amount: subtotal });
  if (discount.minor !== 0) found.push({ name: 'discount', amount: minus(discount) });
  for (const { basis_points, inclusive, tax } of taxes)
    if (!inclusive && basis_points > 0) found.push({ name: 'taxAdded', amount: tax, points: basis_points });
  found.push({ name: 'total', amount: total, total: true });
  for (const { basis_points, inclusive, tax } of taxes)
    if (inclusive && basis_points > 0) found.push({ name: 'taxIncluded', amount: tax, points: basis_points });
  if (credited !== undefined && credited.minor !== 0)
    found.push({ name: 'credited', amount: minus(credited) });
  const settled = (paid?.minor ?? 0) - (returned?.minor ?? 0);
  if (paid !== undefined && settled !== 0)
    found.push({ name: 'paid', amount: minus({ minor: settled, currency: paid.currency }) });
  if (of.status === 'open' && due !== undefined && due.minor !== total.minor)
    found.push({ name: 'due', amount: due, total: true });
  return found;
}
