import { Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/Page';
import { again } from './again';
import { BankFiles } from './BankFiles';
import { PayoutList } from './PayoutList';
import { PayoutSettings } from './SettingsSheet';
import { Wallets } from './Wallets';

/** What the business owes to others, and how it leaves: asked for by one person, approved by another. */
export function Payouts() {
  const { t } = useTranslation('payouts');
  const client = useQueryClient();
  return (
    <Page title={t('title')} description={t('description')} actions={<PayoutSettings />}>
      <Stack gap="lg">
        <Wallets />
        <PayoutList />
        <BankFiles onMade={() => again(client)} />
      </Stack>
    </Page>
  );
}
