import { Button, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconTicket } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { billingChangeCoupon } from '../../api';
import { billingListCouponsInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import type { Coupon } from '../billing';
import { forget } from '../parts/forget';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { CouponDialog } from './CouponDialog';

const PAGE = 50;

/** Codes that take something off, how often they were used, and until when they count. */
export function Coupons() {
  const { t } = useTranslation('money');
  const { headers, may, timezone } = useBusiness();
  const { day, count, share, money } = useFormats({ timezone });
  const client = useQueryClient();
  const [making, make] = useDisclosure(false);
  const question = { headers, query: { limit: PAGE } };
  const coupons = useInfiniteQuery({
    ...billingListCouponsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  const change = useCommand({
    send: ({ id, active }: Pick<Coupon, 'id' | 'active'>, attempt) =>
      billingChangeCoupon({
        headers: { ...headers, ...attempt.headers },
        path: { coupon_id: id },
        body: { active },
      }),
    onSuccess: () => forget(client, ['billingListCoupons']),
  });
  const off = ({ kind, basis_points, amount }: Coupon) =>
    kind === 'percent' ? share((basis_points ?? 0) / 10_000, 2) : amount === null ? '–' : money(amount);
  const long = ({ duration, times }: Coupon) =>
    duration === 'repeating' ? t('coupon.times', { count: times ?? 0 }) : t(`coupon.duration.${duration}`);
  const used = ({ redemptions, max_redemptions }: Coupon) =>
    max_redemptions === null
      ? count(redemptions)
      : t('coupon.usedOf', { used: count(redemptions), most: count(max_redemptions) });
  const ends = ({ expires_at }: Coupon) => (expires_at === null ? t('coupon.noEnd') : day(expires_at));
  const toggle = (coupon: Coupon) => (
    <Switch
      aria-label={t('coupon.activeOf', { code: coupon.code })}
      checked={coupon.active}
      disabled={!may('billing.manage') || change.isPending}
      onChange={(event) => change.mutate({ id: coupon.id, active: event.currentTarget.checked })}
    />
  );
  const add = may('billing.manage') && (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={make.open}>
      {t('coupons.make')}
    </Button>
  );
  return (
    <Page title={t('coupons.title')} description={t('coupons.description')} actions={add}>
      <FormError problem={change.error} />
      <Panel flush>
        <List
          query={coupons}
          columns={[
            {
              key: 'code',
              header: t('coupon.code'),
              cell: ({ code, name }) => (
                <>
                  <code className={classes.strong}>{code}</code>
                  <div className={classes.faint}>{name}</div>
                </>
              ),
            },
            { key: 'off', header: t('coupon.off'), cell: off },
            { key: 'long', header: t('coupon.long'), cell: long },
            { key: 'used', header: t('coupon.used'), align: 'right', cell: used },
            { key: 'ends', header: t('coupon.ends'), cell: ends },
            { key: 'active', header: t('coupon.active'), align: 'right', cell: toggle },
          ]}
          rowKey={({ id }) => id}
          caption={t('coupons.title')}
          mobile={(coupon) => (
            <span className={classes.card}>
              <code className={classes.strong}>{coupon.code}</code>
              <span className={classes.strong}>{off(coupon)}</span>
              <span className={classes.faint}>
                {long(coupon)} · {used(coupon)} · {ends(coupon)}
              </span>
              {toggle(coupon)}
            </span>
          )}
          empty={
            <Empty
              icon={<IconTicket size={36} stroke={1.5} aria-hidden="true" />}
              title={t('coupons.none')}
              action={add}
            >
              {t('coupons.noneText')}
            </Empty>
          }
        />
      </Panel>
      <CouponDialog opened={making} onClose={make.close} />
    </Page>
  );
}
