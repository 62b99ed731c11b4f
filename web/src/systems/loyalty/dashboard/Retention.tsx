import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { loyaltyShowCohortsOptions } from '../../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../../shell/session';
import { CohortTable } from '../../../ui/charts/CohortTable';
import { RetentionCurve } from '../../../ui/charts/RetentionCurve';
import { Loaded } from '../../../ui/Loaded';
import { Panel } from '../../../ui/Panel';
import classes from './Overview.module.css';

const MONTHS = 12;
const HEIGHT = 320;

/** Who comes again: month by month as a curve, and by the month of the first visit as a table. */
export function Retention() {
  const { t } = useTranslation('loyalty');
  const { headers } = useBusiness();
  const cohorts = useQuery(loyaltyShowCohortsOptions({ headers, query: { months: MONTHS } }));
  return (
    <div className={classes.retention}>
      <Panel title={t('curve.title')} description={t('curve.description')}>
        <Loaded query={cohorts} skeleton={<Skeleton height={HEIGHT} />}>
          {({ curve }) => <RetentionCurve label={t('curve.label')} curve={curve} height={HEIGHT} />}
        </Loaded>
      </Panel>
      <Panel title={t('cohorts.title')} description={t('cohorts.description')}>
        <Loaded query={cohorts} skeleton={<Skeleton height={HEIGHT} />}>
          {({ cohorts: rows }) => <CohortTable label={t('cohorts.label')} cohorts={rows} />}
        </Loaded>
      </Panel>
    </div>
  );
}
