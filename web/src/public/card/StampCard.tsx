/** @jsxImportSource preact */
import type { Own } from '../../api';
import { cardVariables } from '../../ui/accent';
import { initialOf, placesOf } from '../../ui/stamps';
import type { Texts } from './texts';

interface StampCardProps {
  card: Own['cards'][number];
  own: Own;
  chosen: boolean;
  /** Only where there are several to choose from. */
  onChoose: (() => void) | undefined;
  t: Texts;
}

/** A present, for the last place. */
const Gift = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">
    <path d="M4 12v8h16v-8M3 8h18v4H3zM12 8v12M12 8c-2-5-7-5-7-2.2C5 7.5 8 8 12 8c4 0 7-.5 7-2.2C19 3 14 3 12 8" />
  </svg>
);

/** A card, as `ui/stamp-card.css` draws it. */
export function StampCard({ card, own, chosen, onChoose, t }: StampCardProps) {
  const { rows, columns, complete } = placesOf(card.stamps, card.stamps_required);
  const initial = initialOf(own.business);
  const left = card.stamps_required - card.stamps;
  const face = (
    <div class="hf-stamp-card hf-stamp-card--lg" style={cardVariables(own.accent)}>
      <div class="hf-stamp-card__face">
        <div class="hf-stamp-card__head">
          <div class="hf-stamp-card__logo" aria-hidden="true">
            {own.logo_url === null ? initial : <img src={own.logo_url} alt="" />}
          </div>
          <div class="hf-stamp-card__titles">
            <div class="hf-stamp-card__business">{own.business}</div>
            <div class="hf-stamp-card__program">{card.program}</div>
          </div>
          <div class="hf-stamp-card__count" aria-hidden="true">
            {card.stamps}
            <small> / {card.stamps_required}</small>
          </div>
        </div>
        <div
          class="hf-stamp-card__places"
          role="img"
          aria-label={t('progress', { stamps: card.stamps, required: card.stamps_required })}
          style={{ '--hf-columns': columns }}
        >
          <div class="hf-stamp-card__rows">
            {rows.map((row) => (
              <div class="hf-stamp-card__row" key={row[0]?.number}>
                {row.map((place) =>
                  place.stamped ? (
                    <span
                      key={place.number}
                      class="hf-stamp-card__place hf-stamp-card__place--stamped"
                      style={{ '--hf-turn': `${place.turn}deg` }}
                    >
                      <span class="hf-stamp-card__imprint">{initial}</span>
                    </span>
                  ) : (
                    <span key={place.number} class="hf-stamp-card__place">
                      {place.number}
                    </span>
                  ),
                )}
              </div>
            ))}
          </div>
          <span class={`hf-stamp-card__reward${complete ? ' hf-stamp-card__reward--ready' : ''}`}>
            <Gift />
          </span>
        </div>
        <div class="hf-stamp-card__foot">
          <span class="hf-stamp-card__promise">{card.reward}</span>
          <span class="hf-stamp-card__name">{own.name}</span>
        </div>
      </div>
    </div>
  );
  return (
    <article aria-label={card.program} data-card={card.id}>
      {onChoose === undefined ? (
        face
      ) : (
        <button type="button" class="card-choice" aria-pressed={chosen} onClick={onChoose}>
          {face}
        </button>
      )}
      {left > 0 && <p class="card-note">{t('left', { count: left, reward: card.reward })}</p>}
    </article>
  );
}
