import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { LoyaltyMembersMember } from '../../../api';
import { useFormats } from '../../../ui/format';
import { StatusBadge } from '../../../ui/StatusBadge';
import { useRhythm } from '../rhythm';
import classes from './MemberList.module.css';

interface MemberRowProps {
  member: LoyaltyMembersMember;
  slug: string;
  timezone: string | undefined;
}

/** A member in the list: a row to compare on a desk, a card on a phone. */
export function MemberRow({ member, slug, timezone }: MemberRowProps) {
  const { t } = useTranslation('loyalty');
  const { count, ago, day, moment } = useFormats({ timezone });
  const rhythm = useRhythm();
  const often = member.visit_frequency_days;
  return (
    <tr className={classes.row} data-opens>
      <th scope="row" className={classes.name}>
        <Link
          className={classes.opener}
          to="/console/$slug/loyalty/members/$memberId"
          params={{ slug, memberId: member.id }}
        >
          {member.name}
        </Link>
        {member.at_risk && <StatusBadge tone="warn">{t('members.atRisk')}</StatusBadge>}
      </th>
      <td className={classes.phone}>{member.phone ?? '–'}</td>
      <td className={classes.visits}>
        <span className={classes.unit}>
          {t('members.visits', { count: member.visits, number: count(member.visits) })}
        </span>
        <span className={classes.figure}>{count(member.visits)}</span>
      </td>
      <td className={classes.last}>
        {member.last_visit_at === null ? (
          t('members.never')
        ) : (
          <time dateTime={member.last_visit_at} title={moment(member.last_visit_at)}>
            {ago(member.last_visit_at)}
          </time>
        )}
      </td>
      <td className={classes.usually}>{often === null ? '–' : rhythm(often)}</td>
      <td className={classes.since}>{day(member.enrolled_at)}</td>
    </tr>
  );
}
