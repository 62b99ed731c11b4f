import { useTranslation } from 'react-i18next';
import classes from './LiveDot.module.css';

/** Whether what is seen follows what happens. */
export function LiveDot({ state }: { state: 'connected' | 'waiting' }) {
  const { t } = useTranslation('ui');
  return (
    <span className={classes.live} data-state={state} role="status">
      <span className={classes.dot} aria-hidden="true" />
      {state === 'connected' ? t('live.connected') : t('live.waiting')}
    </span>
  );
}
