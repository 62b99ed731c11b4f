import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { loyaltyListActivityOptions } from '../../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../../shell/session';
import { Loaded } from '../../../ui/Loaded';
import { Panel } from '../../../ui/Panel';
import classes from './Feed.module.css';
import { FeedItem } from './FeedItem';
import { FeedSkeleton } from './FeedSkeleton';

const LATEST = 16;

/** What happens, as it happens; what is new slides in at the top. */
export function Feed() {
  const { t } = useTranslation('loyalty');
  const { headers } = useBusiness();
  const activity = useQuery(loyaltyListActivityOptions({ headers, query: { limit: LATEST } }));
  // What was there when the feed was first seen is not news.
  const known = useRef<Set<string> | null>(null);
  if (known.current === null && activity.data !== undefined)
    known.current = new Set(activity.data.items.map(({ kind, id }) => kind + id));
  return (
    <Panel title={t('feed.title')} flush>
      <Loaded
        query={activity}
        skeleton={<FeedSkeleton rows={LATEST} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<p className={classes.empty}>{t('feed.empty')}</p>}
      >
        {({ items }) => (
          <ol className={classes.feed}>
            {items.map((happening) => (
              <FeedItem
                key={happening.kind + happening.id}
                happening={happening}
                isNew={!known.current?.has(happening.kind + happening.id)}
              />
            ))}
          </ol>
        )}
      </Loaded>
    </Panel>
  );
}
