import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import type { Preview, Totals } from '../billing';
import { WhyButton } from '../why/WhyButton';
import classes from './PreviewTable.module.css';

/** What is charged now and what at the next renewal, by the code that charges; each amount says why. */
export function PreviewTable({ preview }: { preview: Preview }) {
  const { t } = useTranslation('money');
  const { day } = useFormats();
  return (
    <div className={classes.both}>
      <Bill
        title={t('preview.now')}
        totals={preview.now}
        nothing={
          preview.trial_ends_on
            ? t('preview.trial', { day: day(preview.trial_ends_on) })
            : t('preview.nothing')
        }
      />
      {preview.next && (
        <Bill
          title={preview.next_on ? t('preview.nextOn', { day: day(preview.next_on) }) : t('preview.next')}
          totals={preview.next}
          nothing={t('preview.nothing')}
        />
      )}
    </div>
  );
}

interface BillProps {
  title: string;
  totals: Totals | null;
  nothing: string;
}

export function Bill({ title, totals, nothing }: BillProps) {
  const { t } = useTranslation('money');
  const { money, share } = useFormats();
  return (
    <section className={classes.bill} aria-label={title}>
      <div className={classes.title}>{title}</div>
      {totals === null ? (
        <Text size="sm" c="dimmed">
          {nothing}
        </Text>
      ) : (
        <dl className={classes.lines}>
          {totals.lines.map(({ line }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: A preview is drawn anew as a whole.
            <div key={index}>
              <dt>{line.description}</dt>
              <dd>
                <WhyButton
                  amount={line.amount}
                  label={line.description}
                  derivations={line.derivation ? [line.derivation] : []}
                />
              </dd>
            </div>
          ))}
          {totals.discount.minor !== 0 && (
            <div>
              <dt>{t('sum.discount')}</dt>
              <dd>{money({ ...totals.discount, minor: -totals.discount.minor })}</dd>
            </div>
          )}
          {totals.taxes.map(({ basis_points, inclusive, tax }, index) => {
            const label = t(inclusive ? 'sum.taxIncluded' : 'sum.tax', {
              rate: share(basis_points / 10_000, 2),
            });
            return (
              <div key={`${basis_points} ${inclusive}`}>
                <dt>{label}</dt>
                <dd>
                  <WhyButton
                    amount={tax}
                    label={label}
                    derivations={(totals.derivations ?? [])
                      .filter(({ rule }) => rule === 'billing.tax')
                      .slice(index, index + 1)}
                  />
                </dd>
              </div>
            );
          })}
          <div data-total>
            <dt>{totals.total.minor < 0 ? t('preview.credit') : t('sum.total')}</dt>
            <dd>{money(totals.total)}</dd>
          </div>
        </dl>
      )}
    </section>
  );
}
