import { Button, Skeleton } from '@mantine/core';
import { IconDeviceMobilePlus, IconDevices2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Actor, DevicesDevicesDevice as Device } from '../../api';
import {
  devicesListDevicesInfiniteOptions,
  loyaltyListStaffOptions,
} from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Ago } from '../../ui/Ago';
import { DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { DeviceMenu } from './stamper/DeviceMenu';
import classes from './stamper/Devices.module.css';
import { type Pairable, PairDialog } from './stamper/PairDialog';

const TONES = { waiting: 'warn', paired: 'good', revoked: 'neutral' } as const;
const DAYS = 30;

/** The phones and tablets at the counter: pair one, see that it is alive, take it away. Meets L22. */
export function Devices() {
  const { t } = useTranslation('stamper');
  const { headers, may, timezone } = useBusiness();
  const { count } = useFormats();
  const [pairing, setPairing] = useState<Pairable | null>(null);
  const query = useInfiniteQuery({
    ...devicesListDevicesInfiniteOptions({ headers }),
    initialPageParam: {},
    getNextPageParam: ({ next }) => (next ? { query: { after: next } } : undefined),
  });
  const manages = may('devices.manage');
  const staff = useQuery({
    ...loyaltyListStaffOptions({ headers, query: { window_days: DAYS } }),
    enabled: may('loyalty.read'),
  });
  const work = (device: Device): Actor | undefined =>
    staff.data?.find(({ kind, id }) => kind === 'device' && id === device.id);
  const stamps = (device: Device) => (staff.data === undefined ? '…' : count(work(device)?.stamps ?? 0));
  const seen = (device: Device) =>
    device.last_seen_at === null ? t('devices.never') : <Ago at={device.last_seen_at} timezone={timezone} />;
  const status = ({ status: of }: Device) => (
    <StatusBadge tone={TONES[of]}>{t(`devices.status.${of}`)}</StatusBadge>
  );
  const menu = (device: Device) => manages && <DeviceMenu device={device} onPair={setPairing} />;
  const pair = manages && (
    <Button
      leftSection={<IconDeviceMobilePlus size={20} aria-hidden="true" />}
      onClick={() => setPairing('new')}
    >
      {t('devices.pair')}
    </Button>
  );
  return (
    <Page title={t('devices.title')} description={t('devices.description')} actions={pair}>
      <Panel flush>
        <Loaded
          query={query}
          skeleton={<Skeleton height={220} m="md" />}
          isEmpty={({ pages }) => pages.every(({ items }) => items.length === 0)}
          empty={
            <Empty
              icon={<IconDevices2 size={44} stroke={1.3} aria-hidden="true" />}
              title={t('devices.empty')}
              action={pair}
            >
              {t('devices.emptyWhy')}
            </Empty>
          }
        >
          {({ pages }) => (
            <>
              <DataTable
                caption={t('devices.title')}
                rows={pages.flatMap(({ items }) => items)}
                rowKey={({ id }) => id}
                columns={[
                  {
                    key: 'name',
                    header: t('devices.name'),
                    cell: (device) => <strong className={classes.name}>{device.name}</strong>,
                  },
                  { key: 'status', header: t('devices.status'), cell: status },
                  { key: 'seen', header: t('devices.seen'), cell: seen },
                  { key: 'stamps', header: t('devices.stamps'), align: 'right', cell: stamps },
                  { key: 'menu', header: t('devices.actions'), align: 'right', width: 80, cell: menu },
                ]}
                mobile={(device) => (
                  <div className={classes.card}>
                    <div className={classes.what}>
                      <strong className={classes.name}>{device.name}</strong>
                      <div className={classes.facts}>
                        {status(device)}
                        <span>{seen(device)}</span>
                        <span>
                          {t('devices.stampsFact', {
                            count: work(device)?.stamps ?? 0,
                            number: stamps(device),
                          })}
                        </span>
                      </div>
                    </div>
                    {menu(device)}
                  </div>
                )}
              />
              <LoadMore query={query} />
            </>
          )}
        </Loaded>
      </Panel>
      {pairing !== null && <PairDialog of={pairing} onClose={() => setPairing(null)} />}
    </Page>
  );
}
