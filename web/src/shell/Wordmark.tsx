import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import classes from './Wordmark.module.css';

/** Our own name, which leads to where everything begins. */
export function Wordmark({ to = '/' }: { to?: '/' | '/home' }) {
  const { t } = useTranslation();
  return (
    <Link to={to} className={classes.wordmark}>
      <img src="/icon.svg" alt="" width={28} height={28} />
      {t('brand')}
    </Link>
  );
}
