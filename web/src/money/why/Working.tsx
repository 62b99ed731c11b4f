import { Badge, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconEqual } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { type Money, useFormats } from '../../ui/format';
import type { Derivation } from '../billing';
import { exactly, worked } from '../own/working';
import { explanationOptions } from './useExplanation';
import classes from './Why.module.css';
import type { WhyOf } from './WhyButton';
import { type Input, inputsOf, insideOf, resultOf, roundingOf, ruleOf } from './why';

/** The working of an amount as people would write it down, and whether working it out again gives the same. */
export function Working({ amount, derivations, invoice }: WhyOf & { amount: Money }) {
  const { t } = useTranslation('money');
  const { money } = useFormats();
  return (
    <div className={classes.working}>
      {derivations.map((derivation, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: The working of an amount is a list that never changes.
        <One key={index} derivation={derivation} />
      ))}
      {derivations.length > 1 && (
        <div className={classes.total}>
          <span>{t('why.together')}</span>
          <strong>{money(amount)}</strong>
        </div>
      )}
      {invoice !== undefined && <Agreement invoice={invoice} />}
    </div>
  );
}

function One({ derivation, inner = false }: { derivation: Derivation; inner?: boolean }) {
  const { t } = useTranslation('money');
  const { money } = useFormats();
  const inside = insideOf(derivation);
  const rounding = roundingOf(derivation);
  const links =
    (derivation as { links?: Array<{ kind: string; id: string; label?: string | null }> }).links ?? [];
  return (
    <section className={classes.one} data-inner={inner || undefined}>
      <div className={classes.rule}>
        <span>{t(`why.rule.${ruleOf(derivation)}`)}</span>
        <strong>{money(resultOf(derivation))}</strong>
      </div>
      {inside !== null && <One derivation={inside} inner />}
      <Steps derivation={derivation} />
      <details className={classes.more}>
        <summary>{t('why.more')}</summary>
        <dl className={classes.inputs}>
          {inputsOf(derivation).map((input) => (
            <div key={input.name}>
              <dt>{t(`why.input.${input.name}` as 'why.input.unit', { defaultValue: input.name })}</dt>
              <dd>
                <Value input={input} currency={derivation.unit} />
              </dd>
            </div>
          ))}
          <div>
            <dt>{t('why.rounding')}</dt>
            <dd>{t(`why.rounding.${rounding}`)}</dd>
          </div>
          <div>
            <dt>{t('why.ruleName')}</dt>
            <dd>
              <code>{derivation.rule}</code> {t('why.version', { version: derivation.version })}
            </dd>
          </div>
          {links.map(({ kind, id, label }) => (
            <div key={`${kind}-${id}`}>
              <dt>{t('why.from')}</dt>
              <dd>
                {label ?? id} <Badge size="sm">{kind.replace('billing.', '')}</Badge>
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}

/** The lines of the working, as the rule wrote them down. */
function Steps({ derivation }: { derivation: Derivation }) {
  const { t, i18n } = useTranslation('money');
  const { money, count, share } = useFormats();
  const { unit, inputs } = derivation;
  return (
    <ol className={classes.steps}>
      {(derivation.steps ?? []).map((step, index) => {
        const { label, kind, amount, count: number, of, tier, text } = worked(step, unit);
        const name = t(`why.step.${label}` as 'why.step.price', { defaultValue: label });
        const value =
          amount !== undefined
            ? money(amount)
            : kind === 'count'
              ? count(number ?? 0)
              : of === undefined
                ? text
                : kind === 'days'
                  ? t('why.days', { days: of[0], of: of[1] })
                  : kind === 'rate'
                    ? share(
                        typeof inputs.basis_points === 'number'
                          ? inputs.basis_points / 10_000
                          : of[0] / of[1],
                        2,
                      )
                    : exactly(of, unit, i18n.language);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: The working of an amount is a list that never changes.
          <li key={index}>
            <span>{tier === undefined ? name : `${name} ${tier.range} × ${money(tier.unit)}`}</span>
            <span>{value}</span>
          </li>
        );
      })}
    </ol>
  );
}

function Value({ input, currency }: { input: Input; currency: string }): string {
  const { t } = useTranslation('money');
  const { money, count, share, list, day } = useFormats();
  switch (input.kind) {
    case 'money':
      return money({ minor: Number(input.value), currency });
    case 'count':
      return count(Number(input.value));
    case 'rate':
      return share(Number(input.value), 2);
    case 'yes':
      return t(input.value ? 'yes' : 'no');
    case 'moneys':
      return list((input.value as readonly number[]).map((minor) => money({ minor, currency })));
    default: {
      const text = String(input.value);
      return /^\d{4}-\d\d-\d\d$/.test(text) ? day(text) : text;
    }
  }
}

/** Every figure of the invoice is worked out again, this moment, from what was kept. */
function Agreement({ invoice }: { invoice: string }) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const explained = useQuery(explanationOptions(headers, invoice));
  if (explained.data === undefined) return explained.isError ? null : <Skeleton height={44} radius="md" />;
  const { agrees } = explained.data;
  return (
    <div className={classes.agreement} data-agrees={agrees} role="status">
      {agrees ? (
        <IconEqual size={20} aria-hidden="true" />
      ) : (
        <IconAlertTriangle size={20} aria-hidden="true" />
      )}
      <span>{t(agrees ? 'why.agrees' : 'why.differs')}</span>
    </div>
  );
}
