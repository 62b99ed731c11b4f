import { Radio, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ROLES, useRoleName } from '../roles';
import { useBusiness } from '../session';
import { rolesOptions } from './lists';

/** A built-in role, or `custom:` and the id of one of the business's own. */
export type Placed = string;

export const placedOf = ({ role, role_id }: { role: string; role_id: string | null }): Placed =>
  role_id === null ? role : `custom:${role_id}`;

export const placingOf = (placed: Placed) =>
  placed.startsWith('custom:') ? { role: 'custom', role_id: placed.slice(7) } : { role: placed };

/** Which role somebody gets; what each may do stands beside it. Meets I5. */
export function RoleChoice({ value, onChange }: { value: Placed; onChange: (placed: Placed) => void }) {
  const { t } = useTranslation('people');
  const name = useRoleName();
  const business = useBusiness();
  const own = useQuery(rolesOptions(business));
  return (
    <Radio.Group label={t('role')} value={value} onChange={onChange}>
      <Stack gap="sm" mt="xs">
        {[...ROLES].reverse().map((role) => (
          <Radio
            key={role}
            value={role}
            label={name({ role })}
            description={t(`role.${role}`)}
            // Nobody makes an owner but an owner.
            disabled={role === 'owner' && business.role !== 'owner'}
          />
        ))}
        {(own.data ?? []).map((role) => (
          <Radio
            key={role.id}
            value={`custom:${role.id}`}
            label={role.name}
            description={t('role.custom', { count: role.grants.length })}
            disabled={!role.grants.every(business.may)}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
