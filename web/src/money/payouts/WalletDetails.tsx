import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Wallet } from '../../api';
import {
  payoutsListWalletEarningsInfiniteOptions,
  payoutsListWalletEntriesInfiniteOptions,
  payoutsShowStatementOptions,
} from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { EarningTable } from '../parts/EarningTable';
import { PAGING } from '../parts/List';
import { MoveTable } from '../parts/MoveTable';
import { Statement } from '../parts/Statement';
import { useTime } from '../parts/useTime';
import { WalletTabs } from '../parts/WalletTabs';

const route = getRouteApi('/console/$slug/treasury/money/payouts/$walletId');
const PAGE = 20;

interface OfWallet {
  wallet: Wallet;
}

/** What is behind the figures of a party's wallet. */
export function WalletDetails({ wallet }: OfWallet) {
  const { tab = 'earned' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <WalletTabs
      tab={tab}
      onTab={(chosen) =>
        void navigate({
          search: chosen === 'earned' ? {} : { tab: chosen },
          replace: true,
          resetScroll: false,
        })
      }
      panels={{
        earned: () => <Earned wallet={wallet} />,
        moves: () => <Moves wallet={wallet} />,
        statement: () => <Months wallet={wallet} />,
      }}
    />
  );
}

/** How a wallet's lists are asked for. */
function useQuestion(wallet: Wallet) {
  const { headers } = useBusiness();
  return { headers, path: { wallet_id: wallet.id }, query: { limit: PAGE } };
}

function Earned({ wallet }: OfWallet) {
  const { timezone } = useBusiness();
  const question = useQuestion(wallet);
  const query = useInfiniteQuery({
    ...payoutsListWalletEarningsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  return <EarningTable query={query} timezone={timezone} />;
}

function Moves({ wallet }: OfWallet) {
  const { timezone } = useBusiness();
  const question = useQuestion(wallet);
  const query = useInfiniteQuery({
    ...payoutsListWalletEntriesInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  return <MoveTable query={query} currency={wallet.currency} timezone={timezone} />;
}

function Months({ wallet }: OfWallet) {
  const { headers, timezone, name } = useBusiness();
  const choice = useTime(wallet, timezone);
  const query = useQuery({
    ...payoutsShowStatementOptions({ headers, path: { wallet_id: wallet.id }, query: choice.time }),
    placeholderData: keepPreviousData,
  });
  return <Statement choice={choice} query={query} business={name} timezone={timezone} />;
}
