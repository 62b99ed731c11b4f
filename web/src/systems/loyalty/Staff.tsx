import { Skeleton } from '@mantine/core';
import { IconDeviceMobile, IconKey, IconUser } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Actor } from '../../api';
import { loyaltyListStaffOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Ago } from '../../ui/Ago';
import { DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { USUAL_WINDOW } from './address';
import { Bar } from './staff/Bar';
import classes from './staff/Staff.module.css';
import { Voided } from './staff/Voided';
import { WindowControl } from './WindowControl';

const route = getRouteApi('/console/$slug/loyalty/staff');
const SIGNS = { person: IconUser, device: IconDeviceMobile, api_key: IconKey };

/** Who stamps how much, and how much of it is taken back. */
export function Staff() {
  const { t } = useTranslation('loyalty');
  const { headers, timezone, may } = useBusiness();
  const { count } = useFormats();
  const { days = USUAL_WINDOW } = route.useSearch();
  const navigate = route.useNavigate();
  const staff = useQuery({
    ...loyaltyListStaffOptions({ headers, query: { window_days: days } }),
    placeholderData: keepPreviousData,
  });
  const who = (actor: Actor) => {
    const Sign = SIGNS[actor.kind as keyof typeof SIGNS] ?? IconUser;
    return (
      <span className={classes.who}>
        <Sign size={18} stroke={1.6} aria-hidden="true" />
        <span>{actor.name ?? t('staff.unknown')}</span>
        {actor.kind !== 'person' && (
          <span className={classes.kind}>{t(`staff.kind.${actor.kind as keyof typeof SIGNS}`)}</span>
        )}
      </span>
    );
  };
  return (
    <Page
      title={t('staff.title')}
      description={may('loyalty.manage') ? t('staff.description') : t('staff.own')}
      actions={
        <WindowControl
          value={days}
          onChange={(chosen) =>
            void navigate({ search: chosen === USUAL_WINDOW ? {} : { days: chosen }, replace: true })
          }
        />
      }
    >
      <Panel flush>
        <Loaded
          query={staff}
          skeleton={<Skeleton height={280} m="md" />}
          isEmpty={(actors) => actors.length === 0}
          empty={<Empty title={t('staff.none')}>{t('staff.noneText')}</Empty>}
        >
          {(actors) => {
            const most = Math.max(1, ...actors.map((actor) => actor.stamps));
            return (
              <DataTable
                caption={t('staff.title')}
                rows={actors}
                rowKey={(actor) => actor.kind + actor.id}
                columns={[
                  { key: 'who', header: t('staff.who'), cell: who },
                  {
                    key: 'stamps',
                    header: t('staff.stamps'),
                    width: '34%',
                    cell: ({ stamps }) => <Bar value={stamps} most={most} />,
                  },
                  {
                    key: 'today',
                    header: t('staff.today'),
                    align: 'right',
                    cell: ({ stamps_today }) => count(stamps_today),
                  },
                  {
                    key: 'voided',
                    header: t('staff.voided'),
                    align: 'right',
                    cell: (actor) => <Voided actor={actor} />,
                  },
                  {
                    key: 'redeemed',
                    header: t('staff.redeemed'),
                    align: 'right',
                    cell: ({ rewards_redeemed }) => count(rewards_redeemed),
                  },
                  {
                    key: 'last',
                    header: t('staff.last'),
                    align: 'right',
                    cell: ({ last_at }) =>
                      last_at === null ? '–' : <Ago at={last_at} timezone={timezone} />,
                  },
                ]}
                mobile={(actor) => (
                  <div className={classes.card}>
                    {who(actor)}
                    <Bar value={actor.stamps} most={most} />
                    <div className={classes.facts}>
                      <span>{t('staff.todayFact', { number: count(actor.stamps_today) })}</span>
                      <span>
                        {t('staff.redeemedFact', {
                          count: actor.rewards_redeemed,
                          number: count(actor.rewards_redeemed),
                        })}
                      </span>
                      {actor.last_at !== null && <Ago at={actor.last_at} timezone={timezone} />}
                      <Voided actor={actor} withLabel />
                    </div>
                  </div>
                )}
              />
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}
