import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconTags } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { billingChangePlan, billingRetirePrice } from '../../api';
import { billingListPlansOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import type { WholePlan } from '../billing';
import { forget } from '../parts/forget';
import classes from '../parts/parts.module.css';
import { PlanDrawer } from './PlanDrawer';
import { useInterval, usePriceWords } from './words';

const MOST = 100;

/** What customers can subscribe to, and what it costs. */
export function Plans() {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const [making, make] = useDisclosure(false);
  const plans = useQuery(billingListPlansOptions({ headers, query: { limit: MOST } }));
  const add = may('billing.manage') && (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={make.open}>
      {t('plans.make')}
    </Button>
  );
  return (
    <Page title={t('plans.title')} description={t('plans.description')} actions={add}>
      <Loaded
        query={plans}
        skeleton={<Skeleton height={220} radius="lg" />}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty
            icon={<IconTags size={40} stroke={1.4} aria-hidden="true" />}
            title={t('plans.none')}
            action={add}
          >
            {t('plans.noneText')}
          </Empty>
        }
      >
        {({ items }) => (
          <Stack>
            {items.map((whole) => (
              <PlanTile key={whole.plan.id} whole={whole} />
            ))}
          </Stack>
        )}
      </Loaded>
      <PlanDrawer opened={making} onClose={make.close} />
    </Page>
  );
}

function PlanTile({ whole: { plan, prices } }: { whole: WholePlan }) {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const client = useQueryClient();
  const interval = useInterval();
  const words = usePriceWords();
  const again = () => forget(client, ['billingListPlans', 'billingShowPlan']);
  const change = useCommand({
    send: (body: { active?: boolean; public?: boolean }, attempt) =>
      billingChangePlan({
        headers: { ...headers, ...attempt.headers },
        path: { plan_id: plan.id },
        body,
      }),
    onSuccess: again,
  });
  const retire = useCommand({
    send: (price_id: string, attempt) =>
      billingRetirePrice({ headers: { ...headers, ...attempt.headers }, path: { price_id } }),
    onSuccess: again,
  });
  const manages = may('billing.manage');
  return (
    <Panel
      title={plan.name}
      description={
        <span className={classes.under}>
          {interval(plan)}
          {plan.trial_days > 0 && (
            <StatusBadge tone="info">{t('plan.trial', { count: plan.trial_days })}</StatusBadge>
          )}
          {!plan.public && <StatusBadge tone="neutral">{t('plan.hidden')}</StatusBadge>}
          {!plan.active && <StatusBadge tone="warn">{t('plan.off')}</StatusBadge>}
        </span>
      }
      actions={
        manages && (
          <>
            <Button
              size="xs"
              variant="default"
              loading={change.isPending}
              onClick={() => change.mutate({ public: !plan.public })}
            >
              {t(plan.public ? 'plan.hide' : 'plan.show')}
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
      <ul className={classes.rows}>
        {prices.map((price) => (
          <li key={price.id} className={classes.row}>
            <div className={classes.rowText}>
              <div className={classes.strong}>{price.label}</div>
              <div className={classes.faint}>{words(price, plan)}</div>
            </div>
            {manages && prices.length > 1 && price.retired_at === null && (
              <ConfirmButton
                size="xs"
                label={t('price.retire')}
                title={t('price.retireTitle')}
                message={t('price.retireMessage', { label: price.label })}
                confirm={t('price.retire')}
                danger
                onConfirm={() => retire.mutateAsync(price.id)}
              />
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
