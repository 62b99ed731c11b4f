import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { BillingListUsageResponse } from '../../api';
import { billingListUsageInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { useFormats } from '../../ui/format';
import { LoadMore } from '../../ui/LoadMore';
import { Panel } from '../../ui/Panel';
import { hasUse, type SubscriptionDetail } from '../billing';
import { PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { useWithdraw } from './commands';

type Used = BillingListUsageResponse['items'][number];

const PAGE = 20;

/** What was used and is not charged yet; what was told by mistake can be taken back until it is. */
export function Uncharged({ detail: { subscription, prices } }: { detail: SubscriptionDetail }) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const question = { headers, path: { subscription_id: subscription.id }, query: { limit: PAGE } };
  const query = useInfiniteQuery({
    ...billingListUsageInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
    enabled: hasUse(prices),
  });
  const used = query.data?.pages.flatMap(({ items }) => items) ?? [];
  if (used.length === 0) return null;
  return (
    <Panel title={t('usage.title')} description={t('usage.description')}>
      <ul className={classes.rows} aria-label={t('usage.title')}>
        {used.map((one) => (
          <Row key={one.id} used={one} />
        ))}
      </ul>
      <LoadMore query={query} byHand />
    </Panel>
  );
}

function Row({ used: { id, subscription_id, metric, quantity, at } }: { used: Used }) {
  const { t } = useTranslation('money');
  const { may, timezone } = useBusiness();
  const { count, moment } = useFormats({ timezone });
  const withdraw = useWithdraw(subscription_id);
  const what = `${count(quantity)} ${metric}`;
  return (
    <li className={classes.row}>
      <div className={classes.rowText}>
        <Text component="span" display="block" fw={600}>
          {what}
        </Text>
        <span className={classes.faint}>{moment(at)}</span>
      </div>
      {may('billing.manage') && (
        <ConfirmButton
          size="xs"
          variant="default"
          danger
          label={t('usage.withdraw')}
          title={t('usage.withdrawTitle', { what })}
          message={t('usage.withdrawText')}
          confirm={t('usage.withdraw')}
          onConfirm={() => withdraw.mutateAsync(id)}
        />
      )}
    </li>
  );
}
