import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Stamp } from '../../../api';
import { useBusiness } from '../../../shell/session';
import { useFormats } from '../../../ui/format';
import { Money } from '../../../ui/Money';
import { StatusBadge } from '../../../ui/StatusBadge';
import classes from './History.module.css';

interface StampRowProps {
  stamp: Stamp;
  program: string | undefined;
  /** Who gave it, where that is known. */
  by: string | null | undefined;
  onVoid: (() => void) | undefined;
}

const KINDS = ['person', 'device', 'api_key'] as const;
const isKind = (text: string): text is (typeof KINDS)[number] => (KINDS as readonly string[]).includes(text);

/** One stamp of the history. */
export function StampRow({ stamp, program, by, onVoid }: StampRowProps) {
  const { t } = useTranslation('loyalty');
  const { timezone } = useBusiness();
  const { count, day, moment } = useFormats({ timezone });
  const kind = stamp.stamped_by_kind;
  const giver =
    stamp.source === 'import'
      ? t('history.imported')
      : (by ?? (isKind(kind) ? t(`staff.kind.${kind}`) : undefined));
  // A paper card told the day and no more.
  const said = stamp.source === 'import' ? day(stamp.stamped_at) : moment(stamp.stamped_at);
  return (
    <li className={classes.row} data-voided={stamp.voided_at !== null || undefined}>
      <time className={classes.when} dateTime={stamp.stamped_at}>
        {said}
      </time>
      <div className={classes.what}>
        <span className={classes.stamp}>
          {stamp.reward_id === null
            ? t('feed.stamped', { stamps: count(stamp.stamps), required: count(stamp.stamps_required) })
            : t('history.full')}
        </span>
        {program !== undefined && <StatusBadge tone="neutral">{program}</StatusBadge>}
        {stamp.voided_at !== null && (
          <>
            <StatusBadge tone="bad">{t('history.voided')}</StatusBadge>
            <span className={classes.reason}>
              {t('history.reason', { moment: moment(stamp.voided_at), reason: stamp.void_reason })}
            </span>
          </>
        )}
      </div>
      <div className={classes.by}>{giver}</div>
      <div className={classes.amount}>{stamp.amount !== null && <Money value={stamp.amount} />}</div>
      <div className={classes.void}>
        {onVoid !== undefined && (
          <Button
            variant="default"
            size="xs"
            onClick={onVoid}
            aria-label={t('void.labelOf', { moment: said })}
          >
            {t('void.label')}
          </Button>
        )}
      </div>
    </li>
  );
}
