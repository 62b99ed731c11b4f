import type { ReactNode } from 'react';
import { OfflineBanner } from '../ui/OfflineBanner';
import { LanguageMenu, SchemeMenu } from './Preferences';
import classes from './PublicFrame.module.css';
import { MAIN, SkipLink } from './SkipLink';
import { Wordmark } from './Wordmark';

interface PublicFrameProps {
  /** Stands at the right of our name, before language and colours. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of pages for everybody: our name, language and colours, and nothing else. */
export function PublicFrame({ actions, children }: PublicFrameProps) {
  return (
    <div className={classes.frame}>
      <SkipLink />
      <OfflineBanner />
      <header className={classes.header}>
        <Wordmark />
        <div className={classes.actions}>
          {actions}
          <LanguageMenu />
          <SchemeMenu />
        </div>
      </header>
      <main id={MAIN} tabIndex={-1} className={classes.main}>
        {children}
      </main>
    </div>
  );
}
