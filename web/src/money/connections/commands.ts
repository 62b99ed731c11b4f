/** What can be done about a connection; the list shows its outcome at once. */

import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import {
  type ConnectionChanges,
  type NewConnection,
  paymentsAddConnection,
  paymentsChangeConnection,
  paymentsCheckConnection,
} from '../../api';
import { paymentsListConnectionsQueryKey } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { useNotice } from '../../ui/useNotice';

function useAgain() {
  const client = useQueryClient();
  const { headers } = useBusiness();
  return () => client.invalidateQueries({ queryKey: paymentsListConnectionsQueryKey({ headers }) });
}

export function useAddConnection() {
  const { headers } = useBusiness();
  const again = useAgain();
  return useCommand({
    send: (body: NewConnection) => paymentsAddConnection({ headers, body }),
    onSuccess: again,
  });
}

export function useChangeConnection() {
  const { headers } = useBusiness();
  const again = useAgain();
  return useCommand({
    send: ({ id, ...body }: ConnectionChanges & { id: string }) =>
      paymentsChangeConnection({ headers, path: { connection_id: id }, body }),
    onSuccess: again,
  });
}

/** Asks the provider who we are. */
export function useCheckConnection() {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const again = useAgain();
  const notice = useNotice();
  return useCommand({
    send: (id: string) => paymentsCheckConnection({ headers, path: { connection_id: id } }),
    onSuccess: async ({ account }) => {
      notice(t('connection.works', { account: account ?? '' }).trim());
      await again();
    },
  });
}
