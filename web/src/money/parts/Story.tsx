import { useFormats } from '../../ui/format';
import type { Tone } from '../../ui/StatusBadge';
import classes from './Story.module.css';

export interface Told {
  key: string;
  at: string;
  title: string;
  tone: Tone;
  details: readonly string[];
}

interface StoryProps {
  entries: readonly Told[];
  label: string;
  timezone: string;
}

/** What happened, one below the other, with a mark for how it went. */
export function Story({ entries, label, timezone }: StoryProps) {
  const { moment } = useFormats({ timezone });
  return (
    <ol className={classes.story} aria-label={label}>
      {entries.map((entry) => (
        <li key={entry.key} className={classes.entry} data-tone={entry.tone}>
          <div className={classes.title}>{entry.title}</div>
          {entry.details.map((detail) => (
            <div key={detail} className={classes.detail}>
              {detail}
            </div>
          ))}
          <time className={classes.when} dateTime={entry.at}>
            {moment(entry.at)}
          </time>
        </li>
      ))}
    </ol>
  );
}
