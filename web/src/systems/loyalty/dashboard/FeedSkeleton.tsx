import { Skeleton } from '@mantine/core';
import classes from './Feed.module.css';

/** The feed before anything is known of it. */
export function FeedSkeleton({ rows }: { rows: number }) {
  return (
    <ol className={classes.feed} aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        <li className={classes.item} key={`row-${row.toString()}`}>
          <Skeleton circle height={32} />
          <div className={classes.text}>
            <Skeleton height={14} width="70%" my={4} />
            <Skeleton height={12} width="45%" my={4} />
          </div>
        </li>
      ))}
    </ol>
  );
}
