import { useTranslation } from 'react-i18next';
import classes from './SkipLink.module.css';

export const MAIN = 'main';

/** The first thing on every page for whoever uses a keyboard: past everything that all pages have. */
export function SkipLink() {
  const { t } = useTranslation();
  return (
    <a
      className={classes.skip}
      href={`#${MAIN}`}
      onClick={(event) => {
        // The address keeps its fragment, and the focus goes where the eyes go.
        event.preventDefault();
        document.getElementById(MAIN)?.focus();
      }}
    >
      {t('skip')}
    </a>
  );
}
