import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/DataTable';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import classes from '../parts/parts.module.css';
import { written } from '../payments/words';
import type { Summary } from '../types';

type Row = Summary['by_method'][number];

/** Which ways to pay bring how much, and how often each goes through. */
export function ByMethod({ summary: { by_method, currency } }: { summary: Summary }) {
  const { t } = useTranslation('money');
  const { money, share, count } = useFormats();
  const rate = ({ succeeded, failed }: Row) =>
    succeeded + failed === 0 ? '–' : share(succeeded / (succeeded + failed), 1);
  const name = ({ method }: Row) => (method === 'card' ? t('method.card') : written(method));
  return (
    <Panel title={t('overview.byMethod')} flush>
      <DataTable
        rows={by_method}
        rowKey={({ method }) => method}
        caption={t('overview.byMethod')}
        columns={[
          {
            key: 'method',
            header: t('payments.column.how'),
            cell: (row) => <span className={classes.strong}>{name(row)}</span>,
          },
          {
            key: 'tries',
            header: t('overview.tries'),
            align: 'right',
            cell: (row) => count(row.succeeded + row.failed),
          },
          { key: 'rate', header: t('summary.success'), align: 'right', cell: rate },
          {
            key: 'collected',
            header: t('summary.collected'),
            align: 'right',
            cell: ({ collected }) => money({ minor: collected, currency }),
          },
        ]}
        mobile={(row) => (
          <span className={classes.card}>
            <span className={classes.strong}>{name(row)}</span>
            <span className={classes.strong}>{money({ minor: row.collected, currency })}</span>
            <span className={classes.faint}>{t('summary.success')}</span>
            <span className={classes.faint}>{rate(row)}</span>
          </span>
        )}
      />
    </Panel>
  );
}
