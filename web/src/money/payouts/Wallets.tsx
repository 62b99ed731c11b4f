import { SimpleGrid, Stack } from '@mantine/core';
import { IconWallet } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { payoutsListWalletsInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { PAGING } from '../parts/List';
import { WalletTile } from './WalletTile';

/** Rows of two and of three come out even, and the requests below stay near, on a telephone as well. */
const PAGE = 6;

/** What every party has, oldest first. */
export function Wallets() {
  const { t } = useTranslation('payouts');
  const { headers } = useBusiness();
  const question = { headers, query: { limit: PAGE } };
  const query = useInfiniteQuery({
    ...payoutsListWalletsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  return (
    <Loaded
      query={query}
      isEmpty={({ pages }) => pages[0]?.items.length === 0}
      empty={
        <Empty icon={<IconWallet size={36} stroke={1.5} aria-hidden="true" />} title={t('wallets.none')}>
          {t('wallets.noneText')}
        </Empty>
      }
    >
      {({ pages }) => (
        <Stack gap="xs">
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
            {pages
              .flatMap(({ items }) => items)
              .map(({ wallet, balances }) => (
                <WalletTile key={wallet.id} wallet={wallet} balances={balances} />
              ))}
          </SimpleGrid>
          <LoadMore query={query} byHand />
        </Stack>
      )}
    </Loaded>
  );
}
