import { Alert, Button, Skeleton, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { paymentsShowReconciliationOptions } from '../../api/@tanstack/react-query.gen';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import classes from './RunDetail.module.css';
import type { Finding } from './types';
import { kindOf, sideBySide, stateOf } from './words';

const AGAIN_MS = 3_000;

/** What one comparison found, with the evidence of all three records. */
export function RunDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('money');
  const { t: common } = useTranslation('ui');
  const { headers, timezone } = useBusiness();
  const { moment, count } = useFormats({ timezone });
  const run = useQuery({
    ...paymentsShowReconciliationOptions({ headers, path: { reconciliation_id: id } }),
    // While it runs, what it found comes by and by.
    refetchInterval: ({ state }) =>
      state.data !== undefined && ['wanted', 'running'].includes(stateOf(state.data.run.status))
        ? AGAIN_MS
        : false,
  });
  return (
    <Panel
      title={t('run.title')}
      {...(run.data !== undefined && {
        description: t('run.span', { from: moment(run.data.run.since), to: moment(run.data.run.until) }),
      })}
      actions={
        <Button size="xs" variant="default" onClick={onClose}>
          {common('close')}
        </Button>
      }
    >
      <Loaded query={run} skeleton={<Skeleton height={120} />}>
        {({ run: shown, findings }) => (
          <div className={classes.findings}>
            {shown.error !== null && (
              <Alert variant="light" color="red">
                {shown.error}
              </Alert>
            )}
            {shown.finished_at === null && shown.error === null && (
              <Text size="sm" role="status">
                {t('run.underWay')}
              </Text>
            )}
            {shown.finished_at !== null && findings.length === 0 && (
              <Alert variant="light" color="green" icon={<IconCircleCheck aria-hidden="true" />}>
                {t('run.clean', { number: count(shown.compared), count: shown.compared })}
              </Alert>
            )}
            {findings.map((finding) => (
              <Found key={finding.id} finding={finding} />
            ))}
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

/** One difference: what it is, and what each of the three records says. */
function Found({ finding }: { finding: Finding }) {
  const { t } = useTranslation('money');
  const { slug } = useBusiness();
  const kind = kindOf(finding.kind);
  const rows = sideBySide(finding.ours, finding.ledger, finding.theirs);
  return (
    <article className={classes.finding} aria-label={t(`finding.${kind}`)}>
      <div className={classes.head}>
        <div>
          <div className={classes.title}>{t(`finding.${kind}`)}</div>
          {finding.payment_id === null ? (
            <code>{finding.subject}</code>
          ) : (
            <LinkText
              to="/console/$slug/money/payments/$paymentId"
              params={{ slug, paymentId: finding.payment_id }}
              size="sm"
            >
              {finding.subject}
            </LinkText>
          )}
        </div>
        <StatusBadge tone={finding.repaired ? 'good' : 'bad'}>
          {t(finding.repaired ? 'finding.repaired' : 'finding.waits')}
        </StatusBadge>
      </div>
      {finding.problem !== null && <p className={classes.problem}>{finding.problem}</p>}
      {rows.length > 0 && (
        <div className={classes.scroll}>
          <table className={classes.evidence}>
            <thead>
              <tr>
                <th scope="col">{t('finding.what')}</th>
                <th scope="col">{t('finding.weHold')}</th>
                <th scope="col">{t('finding.booksHold')}</th>
                <th scope="col">{t('finding.theyHold')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ name, values, differs }) => (
                <tr key={name} data-differs={differs || undefined}>
                  <th scope="row">{name.replaceAll('_', ' ')}</th>
                  {values.map((value, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: The three columns are always the same.
                    <td key={index}>{value || '–'}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </article>
  );
}
