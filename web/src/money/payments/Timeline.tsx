import { useTranslation } from 'react-i18next';
import { useBusiness, useMe } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { type Told as Entry, Story } from '../parts/Story';
import type { Moment } from '../types';
import { amountIn, declineKey, toldBy, toneOf } from './timeline';

/** Everything that happened to a payment, newest last, in plain words. */
export function Timeline({ moments }: { moments: readonly Moment[] }) {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const { data: me } = useMe();
  const { money } = useFormats({ timezone });
  const by = (moment: Moment) => {
    if (moment.by === 'user' || moment.by === 'person')
      return moment.by_id === me?.user.id ? t('by.you') : t('by.person');
    return null;
  };
  const entries = moments.map((moment): Entry => {
    const told = toldBy(moment);
    const amount = amountIn(moment.details);
    const decline = declineKey(moment.details?.code);
    const why =
      told.startsWith('failed') || told === 'refundFailed'
        ? decline
          ? t(`decline.${decline}`)
          : null
        : null;
    const reason = typeof moment.details?.reason === 'string' ? moment.details.reason : null;
    return {
      key: `${moment.at}-${moment.kind}`,
      at: moment.at,
      tone: toneOf(told),
      title: t(`timeline.${told}`, { amount: amount === null ? '' : money(amount) }).trim(),
      details: [why, told === 'disputed' ? reason : null, by(moment)].filter((part) => part !== null),
    };
  });
  return (
    <Panel title={t('timeline.title')}>
      <Story entries={entries} label={t('timeline.title')} timezone={timezone} />
    </Panel>
  );
}
