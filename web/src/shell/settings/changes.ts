/** Changing a business's settings: the answer is what every part of the console shows from then on. */

import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Tenant, type TenantsTenantsChanges, tenantsChange } from '../../api';
import { tenantsSettingsQueryKey } from '../../api/@tanstack/react-query.gen';
import type { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { useNotice } from '../../ui/useNotice';
import { useSaid } from '../said';
import { ME_KEY, useBusiness } from '../session';

/** Shows a tenant's new settings wherever it is named: here, in the frame, in the switcher. */
export function useShowTenant(): (tenant: Tenant) => Promise<void> {
  const client = useQueryClient();
  const { headers } = useBusiness();
  return async (tenant) => {
    client.setQueryData(tenantsSettingsQueryKey({ path: { tenant_id: tenant.id }, headers }), tenant);
    await client.invalidateQueries({ queryKey: ME_KEY });
  };
}

interface Options {
  onError?: (problem: ApiProblem) => void;
  onSuccess?: (tenant: Tenant) => void;
}

export function useChangeTenant({ onError, onSuccess }: Options = {}) {
  const { t } = useTranslation('people');
  const notice = useNotice();
  const said = useSaid();
  const { tenant, headers } = useBusiness();
  const show = useShowTenant();
  return useCommand({
    send: (changes: TenantsTenantsChanges, attempt) =>
      tenantsChange({
        path: { tenant_id: tenant },
        body: changes,
        headers: { ...headers, ...attempt.headers },
      }),
    onError: (problem) => onError?.(said(problem)),
    onSuccess: async (changed) => {
      onSuccess?.(changed);
      notice(t('settings.saved'));
      await show(changed);
    },
  });
}
