import { Group, Stack, Text } from '@mantine/core';
import { IconCoffee, IconGift, IconUsers } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Ago } from '../Ago';
import { Brand } from '../Brand';
import { Copyable } from '../Copyable';
import { type Column, DataTable } from '../DataTable';
import { LiveDot } from '../LiveDot';
import { Money } from '../Money';
import { Panel } from '../Panel';
import { Qr } from '../Qr';
import { Stat } from '../Stat';
import { StatusBadge, type Tone } from '../StatusBadge';
import classes from './Design.module.css';

interface Guest {
  name: string;
  stamps: string;
  tone: Tone;
  state: string;
  spent: number;
}

const GUESTS: Guest[] = [
  { name: 'Rosa Mamani', stamps: '6 / 10', tone: 'good', state: 'Active', spent: 12050 },
  { name: 'Luis Quispe', stamps: '2 / 10', tone: 'warn', state: 'At risk', spent: 3400 },
  { name: 'Ana Torres', stamps: '10 / 10', tone: 'info', state: 'Reward', spent: 99900 },
  { name: 'Pedro Soto', stamps: '0 / 10', tone: 'bad', state: 'Blocked', spent: 0 },
  { name: 'Inés Rojas', stamps: '1 / 10', tone: 'neutral', state: 'New', spent: 850 },
];
const COLUMNS: Column<Guest>[] = [
  { key: 'name', header: 'Guest', cell: (guest) => guest.name },
  {
    key: 'state',
    header: 'State',
    cell: (guest) => <StatusBadge tone={guest.tone}>{guest.state}</StatusBadge>,
  },
  { key: 'stamps', header: 'Stamps', align: 'right', cell: (guest) => guest.stamps },
  {
    key: 'spent',
    header: 'Spent',
    align: 'right',
    cell: (guest) => <Money value={{ minor: guest.spent, currency: 'PEN' }} />,
  },
];

/** Figures, tables and marks. */
export function Figures() {
  const { t } = useTranslation('design');
  const [opened, setOpened] = useState('');
  const [moment] = useState(() => new Date(Date.now() - 200_000).toISOString());
  return (
    <>
      <Panel title={t('figures')}>
        <div className={classes.figures}>
          <Stat
            label="Members"
            value="1,204"
            delta={0.08}
            deltaLabel="in 30 days"
            icon={<IconUsers size={20} />}
          />
          <Stat
            label="Visits today"
            value="86"
            delta={-0.12}
            deltaLabel="than usual"
            icon={<IconCoffee size={20} />}
            tone="accent"
          />
          <Stat label="At risk" value="31" hint="No visit in 14 days" tone="warn" />
          <Stat
            label="Rewards"
            value="12"
            hint="4 ready to redeem"
            icon={<IconGift size={20} />}
            tone="good"
          />
        </div>
      </Panel>
      <Panel title={t('table')} description={opened || undefined} flush>
        <DataTable
          caption="Guests"
          columns={COLUMNS}
          rows={GUESTS}
          rowKey={(guest) => guest.name}
          onRow={(guest) => setOpened(guest.name)}
          mobile={(guest) => (
            <Group justify="space-between">
              <Text fw={600}>{guest.name}</Text>
              <StatusBadge tone={guest.tone}>{guest.state}</StatusBadge>
            </Group>
          )}
        />
      </Panel>
      <Panel title={t('marks')}>
        <Stack>
          <Group gap="lg">
            <Group gap="xs">
              <Brand name="Café Aurora" /> <Text>Café Aurora</Text>
            </Group>
            <Brand name="Holdfast" logoUrl="/icon.svg" size={48} />
            <LiveDot state="connected" />
            <LiveDot state="waiting" />
            <Ago at={moment} />
          </Group>
          <Group align="flex-start">
            <Qr value="https://holdfast.example/join/cafe-aurora" label="Join Café Aurora" size={140} />
            <Copyable value="https://holdfast.example/join/cafe-aurora" label="Address of the poster" />
          </Group>
        </Stack>
      </Panel>
    </>
  );
}
