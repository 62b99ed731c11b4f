import { Alert, Stack, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FormError } from '../../ui/FormError';
import type { Plan, WholePlan } from '../billing';
import { CostPreview } from './CostPreview';
import { useHistory, useReprice } from './commands';
import { draftOf, same } from './draft';
import { PriceList } from './PriceList';
import { SideButtons, SideSheet } from './SideSheet';
import { useChecked } from './useChecked';

interface RepriceDrawerProps {
  whole: WholePlan;
  opened: boolean;
  onClose: () => void;
}

/** Other prices for a plan, for whoever subscribes from now on. */
export function RepriceDrawer({ whole, opened, onClose }: RepriceDrawerProps) {
  const { t } = useTranslation('money');
  return (
    <SideSheet opened={opened} onClose={onClose} title={t('reprice.title', { plan: whole.plan.name })}>
      <RepriceForm whole={whole} onClose={onClose} />
    </SideSheet>
  );
}

function RepriceForm({ whole: { plan, prices }, onClose }: Omit<RepriceDrawerProps, 'opened'>) {
  const { t } = useTranslation('money');
  // What others change meanwhile must not overwrite what is typed here, nor be overwritten by it.
  const [seen] = useState(prices);
  const [before] = useState(() => prices.map(draftOf));
  const [typed, setTyped] = useState(before);
  const { form, wrongs, check } = useChecked(typed, plan.currency);
  const reprice = useReprice(plan, seen);
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (check()) reprice.mutate(typed, { onSuccess: onClose });
      }}
    >
      <Stack gap="md">
        <Promised plan={plan} />
        <PriceList prices={typed} currency={plan.currency} wrongs={wrongs} onChange={setTyped} />
        <CostPreview typed={typed} currency={plan.currency} rhythm={plan} />
        <FormError problem={reprice.error} />
        <SideButtons
          onClose={onClose}
          busy={reprice.isPending}
          disabled={same(before, typed)}
          deed={t('reprice.deed')}
        />
      </Stack>
    </form>
  );
}

/** Whom the new prices do not concern, and how many those are. */
function Promised({ plan }: { plan: Plan }) {
  const { t } = useTranslation('money');
  const { data } = useQuery(useHistory(plan.id));
  const count = data?.subscriptions ?? 0;
  return (
    <Alert variant="light" color="blue" icon={<IconInfoCircle aria-hidden="true" />}>
      <Text size="sm">{t('reprice.kept')}</Text>
      <Text size="sm" fw={600} mih="1.55em" aria-live="polite">
        {data && (count === 0 ? t('reprice.nobody') : t('reprice.have', { count }))}
      </Text>
    </Alert>
  );
}
