import { type Icon, IconArrowBackUp, IconGift, IconRubberStamp, IconUserPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Happening } from '../../../api';
import { useBusiness } from '../../../shell/session';
import { Ago } from '../../../ui/Ago';
import { useFormats } from '../../../ui/format';
import classes from './Feed.module.css';

const ICONS: Record<Happening['kind'], Icon> = {
  stamped: IconRubberStamp,
  enrolled: IconUserPlus,
  redeemed: IconGift,
  voided: IconArrowBackUp,
};

/** One thing that happened: to whom, what, by whom, when. */
export function FeedItem({ happening, isNew }: { happening: Happening; isNew: boolean }) {
  const { t } = useTranslation('loyalty');
  const { slug, timezone } = useBusiness();
  const { count } = useFormats();
  const { kind, member, member_id: memberId, reward, stamps, stamps_required: required } = happening;
  const filled = kind === 'stamped' && reward !== null;
  const Sign = filled ? IconGift : ICONS[kind];
  const what = filled
    ? t('feed.filled', { reward })
    : kind === 'stamped'
      ? t('feed.stamped', { stamps: count(stamps ?? 0), required: count(required ?? 0) })
      : kind === 'redeemed'
        ? t('feed.redeemed', { reward })
        : t(`feed.${kind}`);
  return (
    <li className={classes.item} data-new={isNew || undefined}>
      <span className={classes.sign} data-kind={filled ? 'filled' : kind} aria-hidden="true">
        <Sign size={18} stroke={1.8} />
      </span>
      <div className={classes.text}>
        <Link
          className={classes.who}
          to="/console/$slug/loyalty/members/$memberId"
          params={{ slug, memberId }}
          preload={false}
        >
          {member}
        </Link>
        <div className={classes.what}>{what}</div>
      </div>
      <div className={classes.when}>
        <Ago at={happening.at} timezone={timezone} />
        <div className={classes.by}>{happening.by_name ?? t(`feed.by.${kind}`)}</div>
      </div>
    </li>
  );
}
