import { Group, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Invitation, peopleWithdraw } from '../../api';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useRoleName } from '../roles';
import { useBusiness } from '../session';
import { rolesOptions, useAskAgain, waitingOptions } from './lists';

/** Invitations that nobody has accepted yet; they can be taken back. */
export function OpenInvitations() {
  const { t } = useTranslation('people');
  const business = useBusiness();
  const role = useRoleName();
  const { day } = useFormats({ timezone: business.timezone });
  const waiting = useInfiniteQuery(waitingOptions(business));
  const own = useQuery(rolesOptions(business));
  const as = (invitation: Invitation) =>
    role({
      role: invitation.role,
      role_name: own.data?.find((one) => one.id === invitation.role_id)?.name ?? null,
    });
  const state = (invitation: Invitation) =>
    Date.parse(invitation.expires_at) < Date.now() ? (
      <StatusBadge tone="warn">{t('expired')}</StatusBadge>
    ) : (
      t('until', { day: day(invitation.expires_at) })
    );
  return (
    <Panel title={t('invitations')} flush>
      <Loaded
        query={waiting}
        skeleton={<Skeleton height={100} m="md" />}
        isEmpty={({ pages }) => pages[0]?.items.length === 0}
        empty={<Empty title={t('noInvitations')}>{t('noInvitationsText')}</Empty>}
      >
        {({ pages }) => (
          <>
            <DataTable
              caption={t('invitations')}
              rows={pages.flatMap((page) => page.items)}
              rowKey={(invitation) => invitation.id}
              columns={[
                { key: 'email', header: t('email'), cell: (invitation) => invitation.email },
                { key: 'role', header: t('role'), cell: as },
                { key: 'state', header: t('state'), cell: state },
                {
                  key: 'actions',
                  header: t('actions'),
                  align: 'right',
                  cell: (invitation) => <Withdraw invitation={invitation} />,
                },
              ]}
              mobile={(invitation) => (
                <Group justify="space-between" wrap="nowrap" align="flex-start">
                  <Stack gap={2} miw={0}>
                    <Text fw={600} truncate>
                      {invitation.email}
                    </Text>
                    <Text size="sm">{as(invitation)}</Text>
                    <Text size="sm" c="dimmed" component="div">
                      {state(invitation)}
                    </Text>
                  </Stack>
                  <Withdraw invitation={invitation} />
                </Group>
              )}
            />
            <LoadMore query={waiting} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Withdraw({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation('people');
  const { headers, may } = useBusiness();
  const askAgain = useAskAgain();
  if (!may('people.manage')) return null;
  const withdraw = async () => {
    await peopleWithdraw({ path: { invitation_id: invitation.id }, headers });
    await askAgain();
  };
  return (
    <ConfirmButton
      size="xs"
      label={t('withdraw')}
      aria-label={t('withdrawOf', { email: invitation.email })}
      title={t('withdrawTitle')}
      message={t('withdrawText', { email: invitation.email })}
      confirm={t('withdraw')}
      danger
      onConfirm={withdraw}
    />
  );
}
