import { Skeleton } from '@mantine/core';
import overview from './Overview.module.css';
import tiles from './Tiles.module.css';

const TILES = ['today', 'visits', 'members', 'active', 'retention', 'risk', 'open', 'redeemed'];
const PANELS = { trend: 348, feed: 440, hours: 296, rewards: 296, retention: 420 } as const;

/** The dashboard before its figures are there: the same sheets in the same places. */
export function DashboardSkeleton() {
  return (
    <div className={overview.overview}>
      <div className={tiles.tiles}>
        {TILES.map((tile) => (
          <Skeleton key={tile} height="7.75rem" radius="md" />
        ))}
      </div>
      <div className={overview.panels}>
        {Object.entries(PANELS).map(([panel, height]) => (
          <div key={panel} className={overview[panel]}>
            <Skeleton mih={height} h="100%" radius="lg" />
          </div>
        ))}
      </div>
    </div>
  );
}
