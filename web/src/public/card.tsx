/** @jsxImportSource preact */
/**
 * The member's card: a small page of its own, because a guest opens it on a slow phone at the counter. The token that
 * opens it comes in the address's fragment, which no server sees, and is kept in this browser.
 */

import '@fontsource-variable/figtree/index.css';
import '../ui/tokens.css';
import '../ui/stamp-card.css';
import './card.css';

import { render } from 'preact';
import { CardPage } from './card/CardPage';
import { type Kept, keep, kept, tenantOf } from './card/store';
import { spoken, texts } from './card/texts';

async function choose(): Promise<Kept | undefined> {
  const cards = await kept();
  const named = decodeURIComponent(location.hash.slice(1));
  const tenant = tenantOf(named);
  if (tenant === null) return cards.find((card) => card.tenant_id === named) ?? cards[0];
  const known = cards.find((card) => card.tenant_id === tenant && card.token === named);
  const card = known ?? { tenant_id: tenant, token: named, own: null, kept_at: Date.now() };
  await keep(card);
  // The token leaves the address, so that neither a screenshot nor the history gives it away.
  history.replaceState(null, '', `/card#${tenant}`);
  return card;
}

async function start(): Promise<void> {
  const root = document.getElementById('card');
  if (root === null) return;
  const card = await choose();
  const t = await texts(spoken(card?.own?.languages));
  document.documentElement.lang = t.language;
  document.title = t('title');
  render(
    card === undefined ? (
      <section class="notice">
        <h1>{t('none.title')}</h1>
        <p>{t('none.text')}</p>
      </section>
    ) : (
      <CardPage key={card.token} card={card} t={t} onForget={() => void start()} />
    ),
    root,
  );
}

window.addEventListener('hashchange', () => void start());
void start();

if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('/sw.js');
