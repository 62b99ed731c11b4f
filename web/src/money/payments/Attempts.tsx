import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { StatusBadge, type Tone } from '../../ui/StatusBadge';
import classes from '../parts/parts.module.css';
import type { Attempt } from '../types';
import { declineKey } from './timeline';

const TONES: Record<Attempt['state'], Tone> = {
  wanted: 'info',
  sent: 'info',
  unknown: 'warn',
  succeeded: 'good',
  failed: 'bad',
};

/** Every call to the provider, with what came of it; one whose answer is missing says that it is being asked about. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  return (
    <Panel title={t('attempts.title')} description={t('attempts.description')}>
      <ul className={classes.rows}>
        {attempts.map((attempt) => {
          const decline = declineKey(attempt.error_code);
          return (
            <li key={attempt.id} className={classes.row}>
              <div className={classes.rowText}>
                <div className={classes.strong}>{t(`attempt.kind.${attempt.kind}`)}</div>
                <div className={classes.faint}>{moment(attempt.made_at)}</div>
                {attempt.state === 'unknown' && (
                  <div className={classes.faint}>{t('attempt.asking', { count: attempt.asked })}</div>
                )}
                {attempt.error_message !== null && (
                  <div className={classes.faint}>
                    {decline === null ? attempt.error_message : t(`decline.${decline}`)}
                  </div>
                )}
                {attempt.sendings > 1 && (
                  <div className={classes.faint}>{t('attempt.sendings', { count: attempt.sendings })}</div>
                )}
              </div>
              <StatusBadge tone={TONES[attempt.state]}>{t(`attempt.state.${attempt.state}`)}</StatusBadge>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
