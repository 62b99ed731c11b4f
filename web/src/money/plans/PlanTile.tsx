import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import type { Plan, WholePlan } from '../billing';
import classes from '../parts/parts.module.css';
import { useChangePlan } from './commands';
import { EarlierPrices } from './EarlierPrices';
import { EditDialog } from './EditDialog';
import { RepriceDrawer } from './RepriceDrawer';
import { useInterval, usePriceWords } from './words';

/** A plan, what it costs, and what can be changed about it. */
export function PlanTile({ whole }: { whole: WholePlan }) {
  const { t } = useTranslation('money');
  const { may } = useBusiness();
  const { plan, prices } = whole;
  const [deed, setDeed] = useState<'reprice' | 'edit' | null>(null);
  const close = () => setDeed(null);
  const change = useChangePlan(plan.id);
  return (
    <Panel
      title={plan.name}
      description={<Standing plan={plan} />}
      actions={
        may('billing.manage') && (
          <>
            <Button size="xs" variant="default" onClick={() => setDeed('reprice')}>
              {t('reprice.label')}
            </Button>
            <Button size="xs" variant="default" onClick={() => setDeed('edit')}>
              {t('plan.edit')}
            </Button>
            <Button
              size="xs"
              variant="default"
              loading={change.isPending}
              onClick={() => change.mutate({ active: !plan.active })}
            >
              {t(plan.active ? 'plan.stop' : 'plan.sell')}
            </Button>
          </>
        )
      }
    >
      <FormError problem={change.error} />
      {plan.description !== null && <Text size="sm">{plan.description}</Text>}
      <Prices whole={whole} />
      {/* Other prices make other earlier ones, which are then asked for again. */}
      <EarlierPrices key={prices.map(({ id }) => id).join()} plan={plan} />
      <RepriceDrawer whole={whole} opened={deed === 'reprice'} onClose={close} />
      <EditDialog plan={plan} opened={deed === 'edit'} onClose={close} />
    </Panel>
  );
}

/** How often it is charged, and whether it is sold, in a line. */
function Standing({ plan }: { plan: Plan }) {
  const { t } = useTranslation('money');
  const interval = useInterval();
  return (
    <span className={classes.under}>
      {interval(plan)}
      {plan.trial_days > 0 && (
        <StatusBadge tone="info">{t('plan.trial', { count: plan.trial_days })}</StatusBadge>
      )}
      {!plan.public && <StatusBadge tone="neutral">{t('plan.hidden')}</StatusBadge>}
      {!plan.active && <StatusBadge tone="warn">{t('plan.off')}</StatusBadge>}
    </span>
  );
}

/** What a new subscription to it costs. */
function Prices({ whole: { plan, prices } }: { whole: WholePlan }) {
  const { t } = useTranslation('money');
  const words = usePriceWords();
  return (
    <ul className={classes.rows} aria-label={t('reprice.present')}>
      {prices.map((price) => (
        <li key={price.id} className={classes.row}>
          <div className={classes.rowText}>
            <div className={classes.strong}>{price.label}</div>
            <div className={classes.faint}>{words(price, plan)}</div>
          </div>
        </li>
      ))}
    </ul>
  );
}
