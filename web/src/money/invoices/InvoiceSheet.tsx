import { Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import type { InvoiceDetail, InvoiceLine } from '../billing';
import { useExplanation } from '../why/useExplanation';
import { WhyButton } from '../why/WhyButton';
import classes from './InvoiceSheet.module.css';

/** The invoice as paper would have it; every amount says why by one click. */
export function InvoiceSheet({ detail: { invoice, lines } }: { detail: InvoiceDetail }) {
  const { t } = useTranslation('money');
  const { share, money } = useFormats();
  const whyWhole = useExplanation(invoice.id);
  const narrow = useMediaQuery('(max-width: 40em)', undefined, { getInitialValueInEffect: false });
  const sums = [
    { key: 'subtotal', label: t('sum.subtotal'), amount: invoice.subtotal },
    ...(invoice.discount.minor === 0
      ? []
      : [
          {
            key: 'discount',
            label: t('sum.discount'),
            amount: { ...invoice.discount, minor: -invoice.discount.minor },
          },
        ]),
    ...invoice.taxes.map(({ basis_points, inclusive, tax }) => ({
      key: `tax-${basis_points}-${inclusive}`,
      label: t(inclusive ? 'sum.taxIncluded' : 'sum.tax', { rate: share(basis_points / 10_000, 2) }),
      amount: tax,
      basisPoints: basis_points,
    })),
  ];
  return (
    <Panel title={t('invoice.lines')} description={t('invoice.linesHint')} flush>
      <table className={classes.sheet} aria-label={t('invoice.lines')}>
        <thead>
          <tr>
            <th scope="col">{t('line.what')}</th>
            {!narrow && (
              <>
                <th scope="col">{t('line.quantity')}</th>
                <th scope="col">{t('line.tax')}</th>
              </>
            )}
            <th scope="col">{t('amount')}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <Line key={line.id} line={line} invoice={invoice.id} narrow={narrow} />
          ))}
        </tbody>
        <tfoot>
          {sums.map(({ key, label, amount, ...more }) => (
            <tr key={key}>
              <th scope="row" colSpan={narrow ? 1 : 3}>
                {label}
              </th>
              <td>
                <WhyButton
                  amount={amount}
                  label={label}
                  invoice={invoice.id}
                  derivations={whyWhole(
                    key.split('-')[0] ?? key,
                    'basisPoints' in more ? more.basisPoints : undefined,
                  )}
                />
              </td>
            </tr>
          ))}
          <tr data-total>
            <th scope="row" colSpan={narrow ? 1 : 3}>
              {t('sum.total')}
            </th>
            <td>
              <WhyButton
                amount={invoice.total}
                label={t('sum.total')}
                invoice={invoice.id}
                derivations={whyWhole('total')}
              />
            </td>
          </tr>
          {invoice.credited.minor > 0 && (
            <tr>
              <th scope="row" colSpan={narrow ? 1 : 3}>
                {t('sum.credited')}
              </th>
              <td>{money({ ...invoice.credited, minor: -invoice.credited.minor })}</td>
            </tr>
          )}
          {invoice.paid.minor > 0 && (
            <tr>
              <th scope="row" colSpan={narrow ? 1 : 3}>
                {t('sum.paid')}
              </th>
              <td>{money({ ...invoice.paid, minor: -invoice.paid.minor })}</td>
            </tr>
          )}
          {invoice.status === 'open' && (
            <tr data-total>
              <th scope="row" colSpan={narrow ? 1 : 3}>
                {t('sum.due')}
              </th>
              <td>{money(invoice.due)}</td>
            </tr>
          )}
        </tfoot>
      </table>
    </Panel>
  );
}

function Line({ line, invoice, narrow }: { line: InvoiceLine; invoice: string; narrow: boolean }) {
  const { t } = useTranslation('money');
  const { share, count, day } = useFormats();
  const tax = share(line.tax_basis_points / 10_000, 2);
  const last = (next: string) =>
    day(new Date(Date.parse(`${next}T12:00:00Z`) - 86_400_000).toISOString().slice(0, 10));
  return (
    <tr>
      <th scope="row">
        {line.description}
        {line.period_from !== null && line.period_to !== null && (
          <Text component="span" className={classes.period}>
            {t('line.period', { from: day(line.period_from), to: last(line.period_to) })}
          </Text>
        )}
        {narrow && (
          <Text component="span" className={classes.period}>
            {t('line.quantity')} {count(line.quantity)} · {t('line.tax')} {tax}
          </Text>
        )}
      </th>
      {!narrow && (
        <>
          <td>{count(line.quantity)}</td>
          <td>{tax}</td>
        </>
      )}
      <td>
        <WhyButton
          amount={line.amount}
          label={line.description}
          invoice={invoice}
          // The first is the amount's own; discounts and taxes have figures of their own below.
          derivations={line.derivations.filter(
            ({ rule }) => rule !== 'billing.tax' && rule !== 'billing.discount',
          )}
        />
      </td>
    </tr>
  );
}
