import type { ReactNode } from 'react';
import { OfflineBanner } from '../ui/OfflineBanner';
import { LanguageMenu, SchemeMenu } from './Preferences';
import classes from './PublicFrame.module.css';
import { MAIN, SkipLink } from './SkipLink';
import { Wordmark } from './Wordmark';

interface PublicFrameProps {
  /** Stands at the right of our name, before language and colours. */
  actions?: ReactNode;
  /** Stands after language and colours. */
  account?: ReactNode;
  /** Where our name leads. */
  home?: '/' | '/home';
  /** For pages that are read and filled in, and not looked at. */
  narrow?: boolean;
  children: ReactNode;
}

/** The frame of pages outside a console: our name, language and colours, and what a page adds. */
export function PublicFrame({ actions, account, home = '/', narrow = false, children }: PublicFrameProps) {
  return (
    <div className={classes.frame} data-narrow={narrow || undefined}>
      <SkipLink />
      <OfflineBanner />
      <header className={classes.header}>
        <Wordmark to={home} />
        <div className={classes.actions}>
          {actions}
          <LanguageMenu />
          <SchemeMenu />
          {account}
        </div>
      </header>
      <main id={MAIN} tabIndex={-1} className={classes.main}>
        {children}
      </main>
    </div>
  );
}
