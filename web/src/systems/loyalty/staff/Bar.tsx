import type { CSSProperties } from 'react';
import { useFormats } from '../../../ui/format';
import classes from './Staff.module.css';

/** A count with its length beside the longest. */
export function Bar({ value, most }: { value: number; most: number }) {
  const { count } = useFormats();
  return (
    <span className={classes.bar} style={{ '--share': value / most } as CSSProperties}>
      <span className={classes.track} aria-hidden="true" />
      <span className={classes.value}>{count(value)}</span>
    </span>
  );
}
