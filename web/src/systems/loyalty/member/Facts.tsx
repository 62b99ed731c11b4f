import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { LoyaltyShowCustomerResponse as Customer } from '../../../api';
import { useBusiness } from '../../../shell/session';
import { Ago } from '../../../ui/Ago';
import { useFormats } from '../../../ui/format';
import { Panel } from '../../../ui/Panel';
import { useRhythm } from '../rhythm';
import classes from './Member.module.css';

/** What is known of a member. */
export function Facts({ member }: { member: Customer }) {
  const { t } = useTranslation('loyalty');
  const { timezone } = useBusiness();
  const { count, day } = useFormats({ timezone });
  const rhythm = useRhythm();
  const often = member.visit_frequency_days;
  return (
    <Panel title={t('member.facts')}>
      <dl className={classes.facts}>
        {member.at_risk && (
          <div className={classes.note}>
            <dt>{t('members.atRisk')}</dt>
            <dd>{t('member.atRiskNote')}</dd>
          </div>
        )}
        <Fact label={t('member.visits')}>{count(member.visits)}</Fact>
        <Fact label={t('member.lastVisit')}>
          {member.last_visit_at === null ? (
            t('members.never')
          ) : (
            <Ago at={member.last_visit_at} timezone={timezone} />
          )}
        </Fact>
        {often !== null && <Fact label={t('member.rhythm')}>{rhythm(often)}</Fact>}
        {member.birthday !== null && <Fact label={t('member.birthday')}>{day(member.birthday)}</Fact>}
        <Fact label={t('member.since')}>
          {day(member.enrolled_at)}, {t(`member.source.${member.source}`)}
        </Fact>
        <Fact label={t('member.consent')}>
          {member.consent_at === null
            ? t('member.noConsent')
            : t('member.consentGiven', {
                day: day(member.consent_at),
                version: member.consent_version,
                channel: member.consent_channel,
              })}
        </Fact>
        {member.external_id !== null && <Fact label={t('member.externalId')}>{member.external_id}</Fact>}
      </dl>
    </Panel>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
