import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import type { Offer, Plan, Price } from './subscriptions';

/** What a plan costs, a line for each of its prices. */
export function usePriceWords(): (offer: Pick<Offer, 'prices'> & { plan: Plan }) => string[] {
  const { t } = useTranslation('own');
  const { money, count } = useFormats();
  return ({ plan, prices }) => {
    const each = t(`each.${plan.interval}`, { count: plan.interval_count });
    const said = (price: Price): string => {
      const amount = money(price.amount);
      switch (price.kind) {
        case 'per_period':
          return t('price.period', { amount, each });
        case 'per_seat':
          return t('price.seat', { amount, each });
        case 'one_off':
          return t('price.once', { amount, label: price.label });
        case 'metered':
          return t('price.use', {
            amount,
            unit: price.per === 1 ? price.metric : `${count(price.per)} ${price.metric}`,
          });
        case 'tiered_seats':
        case 'tiered_usage':
          return t('price.tiers', { label: price.label });
      }
    };
    return prices.map(said);
  };
}
