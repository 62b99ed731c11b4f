/** What a role is called: the built-in ones in the reader's language, a business's own as the business calls it. */

import { useTranslation } from 'react-i18next';

export const ROLES = ['owner', 'manager', 'staff'] as const;

const isKnown = (role: string): role is (typeof ROLES)[number] | 'customer' =>
  role === 'customer' || (ROLES as readonly string[]).includes(role);

export function useRoleName(): (place: { role: string; role_name?: string | null }) => string {
  const { t } = useTranslation();
  return ({ role, role_name }) => (isKnown(role) ? t(`role.${role}`) : (role_name ?? t('role.custom')));
}
