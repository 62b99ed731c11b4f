import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { loyaltyListCustomersOptions } from '../../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../../shell/session';
import { Ago } from '../../../ui/Ago';
import { useFormats } from '../../../ui/format';
import { Loaded } from '../../../ui/Loaded';
import { Panel } from '../../../ui/Panel';
import { useRhythm } from '../rhythm';
import classes from './AtRisk.module.css';
import { FeedSkeleton } from './FeedSkeleton';

const SOME = 6;

/** Some of those who used to come and have not for too long, to be greeted by name the next time. */
export function AtRisk({ count: number, program }: { count: number; program: string | undefined }) {
  const { t } = useTranslation('loyalty');
  const business = useBusiness();
  const { count } = useFormats();
  const rhythm = useRhythm();
  const { slug } = business;
  const search = { risk: true as const, ...(program === undefined ? {} : { program }) };
  const members = useQuery(
    loyaltyListCustomersOptions({
      headers: business.headers,
      path: { business_id: business.tenant },
      query: { at_risk: true, limit: SOME, ...(program === undefined ? {} : { program_id: program }) },
    }),
  );
  return (
    <Panel
      title={t('risk.title')}
      description={t('risk.description')}
      actions={
        number > SOME && (
          <Button
            variant="default"
            size="xs"
            renderRoot={(props) => (
              <Link to="/console/$slug/loyalty/members" params={{ slug }} search={search} {...props} />
            )}
          >
            {t('risk.all', { count: number, number: count(number) })}
          </Button>
        )
      }
    >
      <Loaded
        query={members}
        skeleton={<FeedSkeleton rows={SOME / 2} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<p className={classes.empty}>{t('risk.empty')}</p>}
      >
        {({ items }) => (
          <ul className={classes.list}>
            {items.map((member) => (
              <li key={member.id} className={classes.member}>
                <Link
                  className={classes.name}
                  to="/console/$slug/loyalty/members/$memberId"
                  params={{ slug, memberId: member.id }}
                >
                  {member.name}
                </Link>
                <div className={classes.facts}>
                  {member.last_visit_at !== null && (
                    <span>
                      {t('risk.last')} <Ago at={member.last_visit_at} timezone={business.timezone} />
                    </span>
                  )}
                  {member.visit_frequency_days !== null && (
                    <span>
                      {t('risk.usually', { often: rhythm(member.visit_frequency_days).toLocaleLowerCase() })}
                    </span>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
