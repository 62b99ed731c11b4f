import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { ruleOf } from '../why/why';
import type { Derivation } from './api';
import classes from './Why.module.css';
import { exactly, type Worked, worked } from './working';

/** Why an amount is what it is: the working that was kept when it was worked out. */
export function Why({ of, label }: { of: readonly Derivation[]; label: string }) {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  const said = useSaidStep();
  if (of.length === 0) return null;
  return (
    <details className={classes.why}>
      <summary aria-label={`${t('why')}: ${label}`}>{t('why')}</summary>
      {of.map((derivation, index) => (
        // The working of one amount is a list that never changes.
        // biome-ignore lint/suspicious/noArrayIndexKey: two workings may be the same.
        <dl key={index} className={classes.steps}>
          {(derivation.steps ?? []).map((step, at) => {
            const [name, value] = said(worked(step, derivation.unit), derivation);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: two steps may be the same.
              <div key={at}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            );
          })}
          <div data-result>
            <dt>{t(`rule.${ruleOf(derivation)}`)}</dt>
            <dd>{money({ minor: derivation.result, currency: derivation.unit })}</dd>
          </div>
        </dl>
      ))}
    </details>
  );
}

function useSaidStep(): (step: Worked, derivation: Derivation) => [string, string] {
  const { t, i18n } = useTranslation('own');
  const { money, count, share } = useFormats();
  const name = (label: string) =>
    i18n.exists(`step.${label}`, { ns: 'own' }) ? t(`step.${label}` as 'step.price') : label;
  return (step, { unit, inputs }) => {
    const { kind, amount, of, tier } = step;
    if (amount !== undefined)
      return [
        tier === undefined ? name(step.label) : `${name('tier')} ${tier.range} × ${money(tier.unit)}`,
        money(amount),
      ];
    if (kind === 'count') return [name(step.label), count(step.count ?? 0)];
    if (of !== undefined && kind === 'days')
      return [name('days'), t('step.daysOf', { days: of[0], of: of[1] })];
    if (of !== undefined && kind === 'rate') {
      // Of a price with the tax in it the working takes another part, which nobody knows as the rate.
      const points = inputs.basis_points;
      return [name('rate'), share(typeof points === 'number' ? points / 10_000 : of[0] / of[1], 2)];
    }
    if (of !== undefined) return [name('exact'), exactly(of, unit, i18n.language)];
    return [name(step.label), step.text ?? ''];
  };
}
