import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Money } from '../../ui/Money';
import { Panel } from '../../ui/Panel';
import { StatusBadge, type Tone } from '../../ui/StatusBadge';
import classes from '../parts/parts.module.css';
import type { Refund } from '../types';

const TONES: Record<Refund['status'], Tone> = {
  requested: 'info',
  unknown: 'warn',
  pending: 'info',
  succeeded: 'good',
  failed: 'bad',
};

/** What was given back, and what is on its way. */
export function Refunds({ refunds }: { refunds: readonly Refund[] }) {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  return (
    <Panel title={t('refunds.title')}>
      <ul className={classes.rows}>
        {refunds.map((refund) => (
          <li key={refund.id} className={classes.row}>
            <div className={classes.rowText}>
              <div className={classes.strong}>
                <Money value={refund.amount} />
              </div>
              <div className={classes.faint}>{refund.adopted ? t('refunds.adopted') : refund.reason}</div>
              <div className={classes.faint}>{moment(refund.created_at)}</div>
              {refund.status === 'failed' && refund.error_message !== null && (
                <div className={classes.faint}>{refund.error_message}</div>
              )}
            </div>
            <StatusBadge tone={TONES[refund.status]}>{t(`refund.state.${refund.status}`)}</StatusBadge>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
