import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Program } from '../../../api';
import type { Language } from '../../../i18n';
import { cardVariables } from '../../../ui/accent';
import { formats } from '../../../ui/format';
import { Qr } from '../../../ui/Qr';
import { StampCard } from '../../../ui/StampCard';
import { initialOf } from '../../../ui/stamps';
import type { Look } from './address';
import classes from './PosterSheet.module.css';

export interface Poster {
  business: { name: string; logo_url: string | null; accent: string | null };
  program: Pick<Program, 'name' | 'reward' | 'stamps_required'>;
  look: Look;
  language: Language;
  /** Where the code leads. */
  address: string;
  /** What stands there instead of the usual words. */
  headline?: string | undefined;
  reward?: string | undefined;
}

/** A headline of more letters is set smaller. */
const LONG = 44;

/** The sheet itself, measured by its own width: the same on a screen, on A4 and on A5. */
export function PosterSheet({
  business,
  program,
  look,
  language,
  address,
  headline,
  reward,
}: Poster): ReactNode {
  const { t } = useTranslation('poster', { lng: language });
  const { count } = formats(language);
  const required = program.stamps_required;
  const words = headline || t('headline');
  return (
    <div className={classes.sheet} data-look={look} lang={language} style={cardVariables(business.accent)}>
      <div className={classes.page}>
        <header className={classes.brand}>
          <span className={classes.mark} aria-hidden="true">
            {business.logo_url ? <img src={business.logo_url} alt="" /> : initialOf(business.name)}
          </span>
          <span className={classes.business}>{business.name}</span>
        </header>
        <div className={classes.message}>
          <p className={classes.headline} data-long={words.length > LONG || undefined}>
            {words}
          </p>
          <p className={classes.promise}>
            {t('promise', { count: required, stamps: count(required) })}{' '}
            <strong className={classes.reward}>{reward || program.reward}</strong>
          </p>
        </div>
        <div className={classes.middle}>
          <div className={classes.card} aria-hidden="true">
            <StampCard
              business={business.name}
              program={program.name}
              reward={reward || program.reward}
              stamps={Math.max(1, Math.floor(required * 0.6))}
              required={required}
              logoUrl={business.logo_url}
              accent={business.accent}
              size="lg"
            />
          </div>
          <div className={classes.code}>
            <Qr value={address} label={t('qr', { business: business.name })} />
            <span className={classes.scan}>{t('scan')}</span>
          </div>
        </div>
        <ol className={classes.steps}>
          {(['scan', 'join', 'collect'] as const).map((step, index) => (
            <li key={step}>
              <span className={classes.number}>{count(index + 1)}</span>
              <span>
                <strong>{t(`step.${step}`)}</strong>
                {t(`step.${step}.text`)}
              </span>
            </li>
          ))}
        </ol>
        <p className={classes.address}>{address.replace(/^https?:\/\//, '').replace(/\?.*$/, '')}</p>
      </div>
    </div>
  );
}
