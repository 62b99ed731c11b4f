/** Plans and prices in plain words. */

import { useTranslation } from 'react-i18next';
import { digitsOf } from '../../ui/amounts';
import { useFormats } from '../../ui/format';
import type { Plan, Price } from '../billing';
import type { Wrong } from './check';

export type Rhythm = Pick<Plan, 'interval' | 'interval_count'>;

/** How often a plan is charged: "every month", "every 3 months". */
export function useInterval(): (plan: Rhythm) => string {
  const { t } = useTranslation('money');
  return ({ interval, interval_count }) =>
    t(`interval.${interval}`, { count: interval_count, number: interval_count });
}

/** What a price comes to, in a line. */
export function usePriceWords(): (
  price: Omit<Price, 'id' | 'plan_id' | 'created_at' | 'retired_at'>,
  plan: Rhythm,
) => string {
  const { t } = useTranslation('money');
  const { money, share, count } = useFormats();
  const interval = useInterval();
  return (price, plan) => {
    const amount = money(price.amount);
    const tiers = price.tiers.length > 0 ? t('price.tiers', { count: price.tiers.length }) : amount;
    const what =
      price.kind === 'metered'
        ? t('price.words.metered', { amount, per: count(price.per), metric: price.metric ?? '' })
        : t(`price.words.${price.kind}`, { amount: tiers, metric: price.metric ?? '' });
    const rhythm = price.kind === 'one_off' ? null : interval(plan);
    const tax =
      price.tax_basis_points === 0
        ? null
        : t(price.tax_inclusive ? 'price.taxIn' : 'price.taxOn', {
            rate: share(price.tax_basis_points / 10_000, 2),
          });
    return [what, rhythm, tax].filter((part) => part !== null).join(' · ');
  };
}

/** What is wrong with something that was typed, in a sentence that says what to write instead. */
export function useWrong(currency: string): (wrong: Wrong) => string {
  const { t } = useTranslation('money');
  return (wrong) => {
    if (wrong === 'amount') return t('amountMissing');
    const count = digitsOf(currency);
    if (wrong === 'decimals' && count === 0) return t('price.wrong.whole', { currency });
    return t(`price.wrong.${wrong}`, { count });
  };
}
