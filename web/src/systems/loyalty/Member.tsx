import { Anchor, Skeleton } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { loyaltyShowCustomerOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { StatusBadge } from '../../ui/StatusBadge';
import { CardLink } from './member/CardLink';
import { Cards } from './member/Cards';
import { Facts } from './member/Facts';
import { History } from './member/History';
import classes from './member/Member.module.css';
import { MemberActions } from './member/MemberActions';
import { Rewards } from './member/Rewards';

const route = getRouteApi('/console/$slug/loyalty/members/$memberId');

/** A member with all that they hold, and what the counter can do for them. */
export function Member() {
  const { t } = useTranslation('loyalty');
  const { headers, slug } = useBusiness();
  const { memberId } = route.useParams();
  const member = useQuery(loyaltyShowCustomerOptions({ headers, path: { customer_id: memberId } }));
  return (
    <Page
      title={member.data?.name ?? t('member.title')}
      description={
        member.data !== undefined && (
          <span className={classes.under}>
            {member.data.phone ?? t('member.noPhone')}
            {member.data.at_risk && <StatusBadge tone="warn">{t('members.atRisk')}</StatusBadge>}
          </span>
        )
      }
      back={
        <Anchor
          renderRoot={(props) => <Link to="/console/$slug/loyalty/members" params={{ slug }} {...props} />}
          className={classes.back}
        >
          <IconArrowLeft size={16} aria-hidden="true" /> {t('members.title')}
        </Anchor>
      }
      actions={member.data !== undefined && <MemberActions member={member.data} />}
    >
      <Loaded
        query={member}
        skeleton={
          <div className={classes.columns}>
            <Skeleton height={320} radius="lg" />
            <Skeleton height={320} radius="lg" />
          </div>
        }
      >
        {(data) => (
          <>
            <CardLink memberId={data.id} name={data.name} />
            <div className={classes.columns}>
              <Cards member={data} />
              <div className={classes.beside}>
                <Facts member={data} />
                <Rewards member={data} />
              </div>
            </div>
            <History member={data} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
