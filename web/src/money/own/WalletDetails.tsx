import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { EarningTable } from '../parts/EarningTable';
import { MoveTable } from '../parts/MoveTable';
import { Statement } from '../parts/Statement';
import { useTime } from '../parts/useTime';
import { WalletTabs } from '../parts/WalletTabs';
import { useAccount } from './useAccount';
import { earningsOptions, entriesOptions, type OwnWallet, statementOptions } from './wallet';

const route = getRouteApi('/home/money/$tenantId/wallet');

interface OfWallet {
  wallet: OwnWallet['wallet'];
}

/** What is behind the figures of one's own wallet. */
export function WalletDetails({ wallet }: OfWallet) {
  const { tab = 'earned' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <WalletTabs
      tab={tab}
      onTab={(chosen) =>
        void navigate({
          search: ({ wallet: which }) => ({ wallet: which, ...(chosen !== 'earned' && { tab: chosen }) }),
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

function Earned({ wallet }: OfWallet) {
  const { tenant_id: tenant, timezone } = useAccount();
  return <EarningTable query={useInfiniteQuery(earningsOptions(tenant, wallet.id))} timezone={timezone} />;
}

function Moves({ wallet }: OfWallet) {
  const { tenant_id: tenant, timezone } = useAccount();
  const query = useInfiniteQuery(entriesOptions(tenant, wallet.id));
  return <MoveTable query={query} currency={wallet.currency} timezone={timezone} />;
}

function Months({ wallet }: OfWallet) {
  const { tenant_id: tenant, timezone, business } = useAccount();
  const choice = useTime(wallet, timezone);
  const query = useQuery({
    ...statementOptions(tenant, wallet.id, choice.time),
    placeholderData: keepPreviousData,
  });
  return <Statement choice={choice} query={query} business={business} timezone={timezone} />;
}
