/** Why an amount is what it is, in words: the steps of its working as people write them. */

import type { Money } from '../../ui/format';
import type { Derivation } from './api';

type Step = NonNullable<Derivation['steps']>[number];

/** What a step's value is; a label that is not here is shown as it came. */
const AMOUNTS = new Set([
  'price',
  'sum',
  'rounded',
  'share',
  'whole',
  'tier',
  'subtotal',
  'discount',
  'tax_added',
]);
const COUNTS = new Set(['quantity', 'seats', 'used']);

export interface Worked {
  /** Without `derivation.`, so that a catalogue can say it. */
  label: string;
  kind: 'amount' | 'count' | 'days' | 'rate' | 'part' | 'other';
  amount?: Money;
  count?: number;
  /** Two numbers: so many days of so many, or a fraction. */
  of?: readonly [number, number];
  text?: string;
  /** The unit's amount and the range of a tier. */
  tier?: { range: string; unit: Money };
}

const FRACTION = /^(-?\d+)\/(\d+)$/;
const TIER = /^(.*) x (-?\d+)$/;

export function worked(step: Step, currency: string): Worked {
  const label = step.label.replace(/^derivation\./, '');
  const { value } = step;
  if (AMOUNTS.has(label) && typeof value === 'number') {
    const tier = label === 'tier' ? TIER.exec(step.detail ?? '') : null;
    return {
      label,
      kind: 'amount',
      amount: { minor: value, currency },
      ...(tier !== null && { tier: { range: tier[1] ?? '', unit: { minor: Number(tier[2]), currency } } }),
    };
  }
  if (COUNTS.has(label) && typeof value === 'number') return { label, kind: 'count', count: value };
  const fraction = FRACTION.exec(String(value));
  if (fraction !== null) {
    const of = [Number(fraction[1]), Number(fraction[2])] as const;
    if (label === 'days') return { label, kind: 'days', of };
    if (label === 'rate') return { label, kind: 'rate', of };
    if (label === 'exact') return { label, kind: 'part', of };
  }
  return { label, kind: 'other', text: typeof value === 'object' ? JSON.stringify(value) : String(value) };
}

/** An exact fraction of minor units, with more digits than money has, to show what was rounded. */
export function exactly(
  [over, under]: readonly [number, number],
  currency: string,
  language: string,
): string {
  const digits =
    new Intl.NumberFormat(language, { style: 'currency', currency }).resolvedOptions()
      .maximumFractionDigits ?? 2;
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits + 4,
  }).format(over / under / 10 ** digits);
}
