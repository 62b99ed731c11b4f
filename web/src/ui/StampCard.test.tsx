import { createInstance } from 'i18next';
import { renderToStaticMarkup } from 'react-dom/server';
import { I18nextProvider, initReactI18next } from 'react-i18next';
import { expect, it } from 'vitest';
import en from '../locales/en/ui.json';
import es from '../locales/es/ui.json';
import { StampCard, type StampCardProps } from './StampCard';

async function drawn(language: string, props: Partial<StampCardProps> = {}): Promise<string> {
  const texts = createInstance();
  await texts.use(initReactI18next).init({
    lng: language,
    keySeparator: false,
    resources: { en: { ui: en }, es: { ui: es } },
    ns: ['ui'],
    interpolation: { escapeValue: false },
  });
  return renderToStaticMarkup(
    <I18nextProvider i18n={texts}>
      <StampCard
        business="Café Aurora"
        program="Tarjeta"
        reward="Un café"
        stamps={6}
        required={10}
        {...props}
      />
    </I18nextProvider>,
  );
}

const times = (text: string, part: string) => text.split(part).length - 1;

it('says in words what it shows', async () => {
  expect(await drawn('en')).toContain('aria-label="6 of 10 stamps"');
  expect(await drawn('es')).toContain('aria-label="6 de 10 sellos"');
});

it('draws a stamp for every stamp, and the reward once', async () => {
  const card = await drawn('en');
  expect(times(card, 'hf-stamp-card__place--stamped')).toBe(6);
  expect(times(card, 'class="hf-stamp-card__place"')).toBe(3);
  expect(times(card, 'hf-stamp-card__reward')).toBe(1);
  expect(card).not.toContain('hf-stamp-card__reward--ready');
  expect(await drawn('en', { stamps: 10 })).toContain('hf-stamp-card__reward--ready');
});

it("wears the business's colour, and an ink that can be read on it", async () => {
  expect(await drawn('en', { accent: '#e8b33f' })).toContain('--hf-accent:#e8b33f;--hf-accent-ink:#141715');
  expect(await drawn('en', { accent: 'url(javascript:1)' })).not.toContain('javascript');
});

it('shows the logo instead of the letter where there is one', async () => {
  expect(await drawn('en', { logoUrl: '/api/brands/1/a.webp' })).toContain(
    '<img src="/api/brands/1/a.webp" alt=""',
  );
});
