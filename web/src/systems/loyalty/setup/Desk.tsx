import type { ReactNode } from 'react';
import classes from './Desk.module.css';

/** A form, and beside it what it makes; on a telephone what it makes comes first, and stays in sight. */
export function Desk({
  preview,
  label,
  children,
}: {
  preview: ReactNode;
  label: string;
  children: ReactNode;
}) {
  return (
    <div className={classes.desk}>
      <section className={classes.preview} aria-label={label}>
        {preview}
      </section>
      <div className={classes.form}>{children}</div>
    </div>
  );
}
