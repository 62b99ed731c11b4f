import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { billingShowDunningOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { ScheduleForm } from './ScheduleForm';

/** What is done about invoices that are not paid: when it is tried again, and what happens then. */
export function Dunning() {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const policy = useQuery({
    ...billingShowDunningOptions({ headers }),
    // What is being edited is not taken away by an answer that came by itself.
    refetchOnWindowFocus: false,
  });
  return (
    <Page title={t('dunning.title')} description={t('dunning.description')} width="text">
      <Loaded query={policy} skeleton={<Skeleton height={420} radius="lg" />}>
        {(data) => <ScheduleForm policy={data} />}
      </Loaded>
    </Page>
  );
}
