import { Button, Skeleton, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconTags } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { billingListPlansOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { PlanDrawer } from './PlanDrawer';
import { PlanTile } from './PlanTile';

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
