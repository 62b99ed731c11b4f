import { Paper, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Balances, Wallet } from '../../api';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { RequestPayout } from './RequestPayout';

interface WalletTileProps {
  wallet: Wallet;
  balances: Balances;
}

/** What one party has, the way to all about it, and a way to ask for it. */
export function WalletTile({ wallet, balances }: WalletTileProps) {
  const { t } = useTranslation('payouts');
  const { money } = useFormats();
  const { slug } = useBusiness();
  const rows = [
    { label: t('pending'), value: balances.pending },
    { label: t('held'), value: balances.held },
    ...(balances.owed.minor > 0 ? [{ label: t('owed'), value: balances.owed }] : []),
  ];
  return (
    <Paper withBorder p="md" radius="lg">
      <Stack gap="xs" h="100%">
        <Title order={2} size="h4" style={{ overflowWrap: 'anywhere' }}>
          <LinkText
            to="/console/$slug/money/payouts/$walletId"
            params={{ slug, walletId: wallet.id }}
            inherit
          >
            {wallet.name}
          </LinkText>
        </Title>
        <div>
          <Text size="sm" c="dimmed">
            {t('available')}
          </Text>
          <Text fz={28} fw={700} lh={1.2}>
            {money(balances.available)}
          </Text>
        </div>
        {rows.map(({ label, value }) => (
          <Text key={label} size="sm">
            {label}: <b>{money(value)}</b>
          </Text>
        ))}
        <Stack mt="auto">
          <RequestPayout wallet={wallet} balances={balances} variant="light" />
        </Stack>
      </Stack>
    </Paper>
  );
}
