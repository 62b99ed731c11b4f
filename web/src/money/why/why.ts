/** Why an amount is what it is, put into words: which sentence tells a rule, and what went into it. */

import type { Money } from '../../ui/format';
import type { Derivation } from '../billing';

/** Rules that this application has a sentence for. */
export const RULES = [
  'flat',
  'seats',
  'usage',
  'tiers',
  'proration',
  'tax',
  'discount',
  'total',
  'provider_charge',
] as const;
export type Rule = (typeof RULES)[number] | 'other';

export const ruleOf = (derivation: Pick<Derivation, 'rule'>): Rule =>
  RULES.find((one) => `billing.${one}` === derivation.rule) ?? 'other';

export const resultOf = ({ result, unit }: Pick<Derivation, 'result' | 'unit'>): Money => ({
  minor: result,
  currency: unit,
});

/** How the exact figure became a whole one. */
export const ROUNDINGS = ['half-even', 'none'] as const;

export const roundingOf = ({
  rounding,
}: Pick<Derivation, 'rounding'>): (typeof ROUNDINGS)[number] | 'other' =>
  ROUNDINGS.find((one) => one === rounding) ?? 'other';

/** One thing that went into a rule, ready to be shown. */
export interface Input {
  name: string;
  kind: 'money' | 'count' | 'rate' | 'moneys' | 'yes' | 'text';
  value: number | boolean | string | readonly number[];
}

const AMOUNTS = new Set(['amount', 'unit', 'subtotal', 'discount', 'tax_added']);
const COUNTS = new Set(['quantity', 'days', 'of', 'per', 'index']);

/** What went into a rule, each as what it is; a derivation inside one is left to its own working. */
export function inputsOf({ inputs }: Pick<Derivation, 'inputs'>): Input[] {
  return Object.entries(inputs).flatMap(([name, value]): Input[] => {
    if (name === 'whole' || value === null) return [];
    if (name === 'basis_points' && typeof value === 'number')
      return [{ name, kind: 'rate', value: value / 10_000 }];
    if (typeof value === 'boolean') return [{ name, kind: 'yes', value }];
    if (typeof value === 'number')
      return [{ name, kind: AMOUNTS.has(name) ? 'money' : COUNTS.has(name) ? 'count' : 'text', value }];
    if (Array.isArray(value) && value.every((one) => typeof one === 'number'))
      return [{ name, kind: 'moneys', value: value as number[] }];
    return [{ name, kind: 'text', value: typeof value === 'string' ? value : JSON.stringify(value) }];
  });
}

/** The derivation that another one rests on, such as the price of the whole period; null when it rests on none. */
export function insideOf({ inputs }: Pick<Derivation, 'inputs'>): Derivation | null {
  const whole = inputs.whole;
  return typeof whole === 'object' && whole !== null && !Array.isArray(whole) && 'rule' in whole
    ? (whole as unknown as Derivation)
    : null;
}
