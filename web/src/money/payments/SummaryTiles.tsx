import { Anchor, Skeleton } from '@mantine/core';
import { IconCoins, IconHelpCircle, IconHourglass, IconTargetArrow } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { paymentsShowSummaryOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Stat } from '../../ui/Stat';
import { USUAL_WINDOW } from '../address';
import { AmountFigure } from '../parts/AmountFigure';
import classes from '../parts/parts.module.css';

/** The figures that a glance should catch, in the business's own currency. */
export function SummaryTiles({ onUnknown }: { onUnknown: () => void }) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const { share, count } = useFormats();
  const summary = useQuery(paymentsShowSummaryOptions({ headers, query: { days: USUAL_WINDOW } }));
  return (
    <Loaded query={summary} skeleton={<Skeleton height={116} radius="lg" />}>
      {({ items }) => {
        const own = items[0];
        if (own === undefined) return null;
        const { currency } = own;
        const tried = own.succeeded_count + own.failed_count;
        return (
          <div className={classes.tiles}>
            <Stat
              label={t('summary.collected')}
              value={<AmountFigure value={{ minor: own.collected, currency }} />}
              hint={t('summary.lastDays', { count: USUAL_WINDOW })}
              icon={<IconCoins size={20} />}
            />
            <Stat
              label={t('summary.success')}
              value={own.success_rate === null ? '–' : share(own.success_rate, 1)}
              hint={
                tried === 0
                  ? t('summary.noTries')
                  : t('summary.ofTries', { count: tried, number: count(tried) })
              }
              icon={<IconTargetArrow size={20} />}
            />
            <Stat
              label={t('summary.pending')}
              value={<AmountFigure value={{ minor: own.pending, currency }} />}
              hint={t('summary.pendingHint')}
              icon={<IconHourglass size={20} />}
            />
            <Stat
              label={t('summary.unknown')}
              value={<AmountFigure value={{ minor: own.unknown, currency }} />}
              tone={own.unknown > 0 ? 'warn' : 'neutral'}
              hint={
                own.unknown > 0 ? (
                  <Anchor component="button" type="button" size="sm" onClick={onUnknown}>
                    {t('summary.unknownShow')}
                  </Anchor>
                ) : (
                  t('summary.unknownNone')
                )
              }
              icon={<IconHelpCircle size={20} />}
            />
          </div>
        );
      }}
    </Loaded>
  );
}
