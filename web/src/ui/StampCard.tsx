import { IconGift } from '@tabler/icons-react';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import './stamp-card.css';
import { cardVariables } from './accent';
import { useFormats } from './format';
import { initialOf, placesOf } from './stamps';

export interface StampCardProps {
  business: string;
  program: string;
  reward: string;
  stamps: number;
  required: number;
  logoUrl?: string | null;
  /** The business's own colour; the page's accent when absent. */
  accent?: string | null;
  size?: 'sm' | 'md' | 'lg';
  /** Whose card it is. */
  name?: string;
}

/** A member's card, as they know it from the counter. */
export function StampCard({
  business,
  program,
  reward,
  stamps,
  required,
  logoUrl,
  accent,
  size = 'md',
  name,
}: StampCardProps) {
  const { t } = useTranslation('ui');
  const { count } = useFormats();
  const { rows, columns, complete } = placesOf(stamps, required);
  const initial = initialOf(business);
  const label = t('stamps.label', { count: required, done: count(stamps), of: count(required) });
  return (
    <article
      className={`hf-stamp-card hf-stamp-card--${size}`}
      style={cardVariables(accent)}
      aria-label={`${business}, ${program}`}
    >
      <div className="hf-stamp-card__face">
        <div className="hf-stamp-card__head">
          <div className="hf-stamp-card__logo" aria-hidden="true">
            {logoUrl ? <img src={logoUrl} alt="" /> : initial}
          </div>
          <div className="hf-stamp-card__titles">
            <div className="hf-stamp-card__business">{business}</div>
            <div className="hf-stamp-card__program">{program}</div>
          </div>
          <div className="hf-stamp-card__count" aria-hidden="true">
            {count(stamps)}
            <small> / {count(required)}</small>
          </div>
        </div>
        <div
          className="hf-stamp-card__places"
          role="img"
          aria-label={label}
          style={{ '--hf-columns': columns } as CSSProperties}
        >
          <div className="hf-stamp-card__rows">
            {rows.map((row) => (
              <div className="hf-stamp-card__row" key={row[0]?.number}>
                {row.map((place) =>
                  place.stamped ? (
                    <span
                      key={place.number}
                      className="hf-stamp-card__place hf-stamp-card__place--stamped"
                      style={{ '--hf-turn': `${place.turn}deg` } as CSSProperties}
                    >
                      <span className="hf-stamp-card__imprint">{initial}</span>
                    </span>
                  ) : (
                    <span key={place.number} className="hf-stamp-card__place">
                      {count(place.number)}
                    </span>
                  ),
                )}
              </div>
            ))}
          </div>
          <span className={`hf-stamp-card__reward${complete ? ' hf-stamp-card__reward--ready' : ''}`}>
            <IconGift stroke={1.6} />
          </span>
        </div>
        <div className="hf-stamp-card__foot">
          <span className="hf-stamp-card__promise">{reward}</span>
          {name !== undefined && <span className="hf-stamp-card__name">{name}</span>}
        </div>
      </div>
    </article>
  );
}
