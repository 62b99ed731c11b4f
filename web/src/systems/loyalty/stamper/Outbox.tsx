import { Button, Drawer, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCloudUp, IconRubberStamp, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../../ui/Empty';
import { type Formats, useFormats } from '../../../ui/format';
import type { Entry } from './entries';
import classes from './Outbox.module.css';
import { type Pairing, stamper, type View } from './stamper';
import { inOne, useSaid } from './useSaid';
import { useTrouble } from './useTrouble';

interface OutboxProps {
  opened: boolean;
  view: View;
  pairing: Pairing;
  onClose: () => void;
}

/** Every stamp of the last day, and what became of it: confirmed, refused and why, or still waiting. */
export function Outbox({ opened, view, pairing, onClose }: OutboxProps) {
  const { t } = useTranslation('stamper');
  const formats = useFormats({ timezone: pairing.business.timezone });
  const trouble = useTrouble(view);
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="md"
      title={t('outbox.title')}
      closeButtonProps={{ 'aria-label': t('close'), size: 'xl' }}
      classNames={{ title: classes.title ?? '' }}
    >
      {view.waiting > 0 && (
        <div className={classes.waits} role="status">
          <div>
            <Text fw={650}>{t('outbox.waits', { count: view.waiting })}</Text>
            <Text size="sm">{trouble ?? t('outbox.soon')}</Text>
          </div>
          <Button
            variant="default"
            flex="none"
            loading={view.standing.state === 'sending'}
            onClick={() => stamper.retry()}
          >
            {t('outbox.now')}
          </Button>
        </div>
      )}
      {view.elsewhere > 0 && (
        <Text className={classes.waits} size="sm">
          {t('pair.elsewhere', { count: view.elsewhere })}
        </Text>
      )}
      {view.entries.length === 0 ? (
        <Empty icon={<IconRubberStamp size={40} stroke={1.4} />} title={t('outbox.empty')}>
          {t('outbox.emptyWhy')}
        </Empty>
      ) : (
        <ul className={classes.list}>
          {view.entries.map((entry) => (
            <Row key={entry.id} entry={entry} pairing={pairing} formats={formats} />
          ))}
        </ul>
      )}
    </Drawer>
  );
}

const ICONS = { waiting: IconCloudUp, sending: IconCloudUp, confirmed: IconCheck, refused: IconX } as const;

function Row({ entry, pairing, formats }: { entry: Entry; pairing: Pairing; formats: Formats }) {
  const { t } = useTranslation('stamper');
  const said = useSaid();
  const Icon = ICONS[entry.state];
  const whom = 'phone' in entry.whom ? entry.whom.phone : t('outbox.card');
  const program = pairing.programs.find(({ id }) => id === entry.confirmation?.program);
  const several = pairing.programs.length > 1 && program !== undefined;
  return (
    <li className={classes.row} data-state={entry.state}>
      <span className={classes.icon}>
        <Icon size={20} stroke={2.4} aria-hidden="true" />
      </span>
      <div className={classes.what}>
        <div className={classes.line}>
          <span className={classes.name}>{entry.name ?? whom}</span>
          <time dateTime={new Date(entry.taken.wall).toISOString()}>
            {formats.time(new Date(entry.taken.wall))}
          </time>
        </div>
        <div className={classes.line}>
          <span className={classes.state}>{t(`state.${entry.state}`)}</span>
          {entry.confirmation !== undefined && (
            <span className="hf-figures">
              {several && `${program.name} · `}
              {t('figure', figureOf(entry.confirmation))}
            </span>
          )}
          {entry.amount !== null && <span className="hf-figures">{formats.money(entry.amount)}</span>}
        </div>
        {entry.confirmation?.reward && <span className={classes.reward}>{t('outbox.reward')}</span>}
        {entry.refusal !== undefined && (
          <div className={classes.refusal}>
            <IconAlertTriangle size={18} aria-hidden="true" />
            <span>{inOne(said(entry.refusal))}</span>
          </div>
        )}
        {entry.state === 'refused' && (
          <Button variant="default" size="sm" onClick={() => void stamper.dismiss(entry.id)}>
            {t('outbox.dismiss')}
          </Button>
        )}
      </div>
    </li>
  );
}

/** "10 of 10" for the stamp that completed a card, although none is left on it. */
export const figureOf = ({ stamps, required, reward }: NonNullable<Entry['confirmation']>) => ({
  stamps: reward ? required : stamps,
  required,
});
