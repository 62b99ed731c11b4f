import { Group, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { PeopleMembershipsMember } from '../../api';
import { DataTable } from '../../ui/DataTable';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useRoleName } from '../roles';
import { useBusiness, useMe } from '../session';
import { membersOptions } from './lists';
import { MemberActions } from './MemberActions';

/** Everybody who works here, in the order in which they came. */
export function Members() {
  const { t } = useTranslation('people');
  const business = useBusiness();
  const role = useRoleName();
  const { day } = useFormats({ timezone: business.timezone });
  const { data: me } = useMe();
  const members = useInfiniteQuery(membersOptions(business));
  const name = (member: PeopleMembershipsMember) => (
    <Group gap="xs" wrap="nowrap">
      <Text fw={600} component="span">
        {member.name}
      </Text>
      {member.person_id === me?.user.id && <StatusBadge tone="info">{t('you')}</StatusBadge>}
    </Group>
  );
  const actions = (member: PeopleMembershipsMember) => (
    <MemberActions member={member} isMe={member.person_id === me?.user.id} />
  );
  return (
    <Panel title={t('members')} flush>
      <Loaded query={members} skeleton={<Skeleton height={180} m="md" />}>
        {({ pages }) => (
          <>
            <DataTable
              caption={t('members')}
              rows={pages.flatMap((page) => page.items)}
              rowKey={(member) => member.id}
              columns={[
                { key: 'name', header: t('name'), cell: name },
                { key: 'email', header: t('email'), cell: (member) => member.email ?? '' },
                { key: 'role', header: t('role'), cell: role },
                { key: 'since', header: t('since'), cell: (member) => day(member.created_at) },
                { key: 'actions', header: t('actions'), align: 'right', cell: actions },
              ]}
              mobile={(member) => (
                <Group justify="space-between" wrap="nowrap" align="flex-start">
                  <Stack gap={2} miw={0}>
                    {name(member)}
                    <Text size="sm" c="dimmed" truncate>
                      {member.email}
                    </Text>
                    <Text size="sm">{role(member)}</Text>
                  </Stack>
                  {actions(member)}
                </Group>
              )}
            />
            <LoadMore query={members} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}
