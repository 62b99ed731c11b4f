/** @jsxImportSource preact */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Own } from '../../api';
import { showAccent } from '../../ui/accent';
import { Announcement } from './Announcement';
import { Install } from './Install';
import { MovingCode } from './MovingCode';
import { RedeemSheet } from './RedeemSheet';
import { StampCard } from './StampCard';
import { forget, type Kept } from './store';
import type { Texts } from './texts';
import { useCard } from './useCard';

type Reward = Own['rewards'][number];

const CODE_SECONDS = 40;

/** What just happened to a card, said once. */
function useNews(own: Own | null, t: Texts): string | null {
  const before = useRef<Own | null>(null);
  const [news, setNews] = useState<string | null>(null);
  useEffect(() => {
    const old = before.current;
    before.current = own;
    if (own === null || old === null || own.tenant_id !== old.tenant_id) return;
    const earned = own.rewards.find((reward) => !old.rewards.some((known) => known.id === reward.id));
    const had = old.rewards.find((reward) => !own.rewards.some((known) => known.id === reward.id));
    const stamped = own.cards.find((card) => {
      const known = old.cards.find((one) => one.id === card.id);
      return known !== undefined && card.visits > known.visits;
    });
    if (earned !== undefined) setNews(t('earned', { reward: earned.reward }));
    else if (stamped !== undefined)
      setNews(t('stamped', { stamps: stamped.stamps, required: stamped.stamps_required }));
    else if (had !== undefined) setNews(t('redeem.done', { reward: had.reward }));
  }, [own, t]);
  return news;
}

function Heading({ own, t }: { own: Own; t: Texts }) {
  return (
    <header class="heading">
      {own.logo_url === null ? (
        <span class="logo logo-letter" aria-hidden="true">
          {own.business.slice(0, 1).toUpperCase()}
        </span>
      ) : (
        <img class="logo" src={own.logo_url} alt="" width="48" height="48" />
      )}
      <div>
        <h1>{own.business}</h1>
        <p>{t('hello', { name: own.name })}</p>
      </div>
    </header>
  );
}

interface RewardsProps {
  own: Own;
  online: boolean;
  onRedeem: (reward: Reward) => void;
  t: Texts;
}

function Rewards({ own, online, onRedeem, t }: RewardsProps) {
  if (own.rewards.length === 0) return null;
  const day = new Intl.DateTimeFormat(t.language, { dateStyle: 'medium', timeZone: own.timezone });
  return (
    <section class="rewards" aria-labelledby="rewards">
      <h2 id="rewards">{t('rewards.title', { count: own.rewards.length })}</h2>
      <ul>
        {own.rewards.map((reward) => (
          <li key={reward.id}>
            <div>
              <strong>{reward.reward}</strong>
              {reward.expires_at !== null && (
                <small>{t('rewards.until', { date: day.format(new Date(reward.expires_at)) })}</small>
              )}
            </div>
            <button type="button" disabled={!online} onClick={() => onRedeem(reward)}>
              {t('rewards.redeem')}
            </button>
          </li>
        ))}
      </ul>
      {!online && <p class="hint">{t('rewards.offline')}</p>}
    </section>
  );
}

/** A member's own page at one business. */
export function CardPage({ card, t, onForget }: { card: Kept; t: Texts; onForget: () => void }) {
  const { own, seenAt, standing, refusal, refresh } = useCard(card);
  const [chosen, setChosen] = useState<string | null>(null);
  const [redeeming, setRedeeming] = useState<Reward | null>(null);
  const news = useNews(own, t);

  useEffect(() => {
    const dark = document.documentElement.dataset.mantineColorScheme === 'dark';
    showAccent(own?.accent, dark ? 'dark' : 'light');
    if (own !== null) document.title = t('titleAt', { business: own.business });
  }, [own, t]);

  // The reward was redeemed at the counter while its code was on the screen.
  const open = redeeming === null ? undefined : own?.rewards.some((reward) => reward.id === redeeming.id);
  useEffect(() => {
    if (open === false) setRedeeming(null);
  }, [open]);

  if (standing === 'gone') {
    const remove = () => void forget(card.tenant_id).then(onForget);
    return (
      <section class="notice" role="alert">
        <h1>{t('gone.title')}</h1>
        <p>{t('gone.text')}</p>
        <button type="button" onClick={remove}>
          {t('gone.forget')}
        </button>
      </section>
    );
  }
  if (own === null) {
    return standing === 'loading' ? (
      <div class="skeleton" role="status" aria-label={t('loading')} />
    ) : (
      <section class="notice" role="alert">
        <h1>{t('problem.title')}</h1>
        <p>{refusal?.message || t('show.offline')}</p>
        {refusal?.reference && <p class="hint">{t('problem.reference', { reference: refusal.reference })}</p>}
        <button type="button" onClick={refresh}>
          {t('retry')}
        </button>
      </section>
    );
  }
  const online = standing === 'live' || standing === 'loading';
  const shown = own.cards.find((one) => one.id === chosen) ?? own.cards[0];
  const clock = new Intl.DateTimeFormat(t.language, { timeStyle: 'short' });
  return (
    <>
      {!online && (
        <p class="offline" role="status">
          {standing === 'offline' ? t('offline', { time: clock.format(seenAt) }) : refusal?.message}
        </p>
      )}
      <Heading own={own} t={t} />
      <Announcement text={news} />
      <Rewards own={own} online={online} onRedeem={setRedeeming} t={t} />
      <section class="cards" aria-label={t('cards')}>
        {own.cards.map((one) => (
          <StampCard
            key={one.id}
            card={one}
            own={own}
            chosen={one.id === shown?.id}
            onChoose={own.cards.length > 1 ? () => setChosen(one.id) : undefined}
            t={t}
          />
        ))}
      </section>
      {shown !== undefined && (
        <section class="show" aria-labelledby="show">
          <h2 id="show">{t('show.title')}</h2>
          {online ? (
            <MovingCode
              token={card.token}
              what={{ card_id: shown.id }}
              label={t('show.alt')}
              seconds={CODE_SECONDS}
              t={t}
            />
          ) : (
            <p class="code code-empty">{t('show.offline')}</p>
          )}
          <p class="hint">{t('show.hint')}</p>
        </section>
      )}
      <footer class="foot">
        <Install t={t} />
        <a href="/home">{t('all')}</a>
      </footer>
      {redeeming !== null && (
        <RedeemSheet token={card.token} reward={redeeming} onClose={() => setRedeeming(null)} t={t} />
      )}
    </>
  );
}
