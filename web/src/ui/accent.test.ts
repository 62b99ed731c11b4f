import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accentVariables, cardVariables, contrast, isAccent } from './accent';

const tokens = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** Any colour at all, but the same ones at every run. */
function colours(many: number): string[] {
  let seed = 20_261_121;
  return Array.from({ length: many }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return `#${(seed % 0x1000000).toString(16).padStart(6, '0')}`;
  });
}

const CORNERS = [
  '#000000',
  '#ffffff',
  '#ff0000',
  '#00ff00',
  '#0000ff',
  '#ffff00',
  '#777777',
  '#767676',
  '#808080',
];
const ACCENTS = [...CORNERS, ...colours(500)];
const READABLE = 4.5;

/** A colour of `tokens.css`, as it stands in the block of a scheme. */
function token(name: string, scheme: 'light' | 'dark'): string {
  const block = tokens.split(`[data-mantine-color-scheme="${scheme}"]`)[1] ?? '';
  return new RegExp(`--hf-${name}: (#[0-9a-f]{6});`).exec(block)?.[1] ?? '';
}

/** `color-mix(in srgb, …)` as a browser does it. */
function washed(paper: string, colour: string, share: number): string {
  const part = (hex: string, at: number) => Number.parseInt(hex.slice(1 + 2 * at, 3 + 2 * at), 16);
  return `#${[0, 1, 2]
    .map((at) => Math.round(part(paper, at) * (1 - share) + part(colour, at) * share))
    .map((value) => value.toString(16).padStart(2, '0'))
    .join('')}`;
}

describe.each(['light', 'dark'] as const)('any accent in the %s scheme', (scheme) => {
  const papers = ['paper', 'surface', 'surface-hover', 'surface-raised'].map((name) => token(name, scheme));

  it.each(papers)('can be read as text on %s', (paper) => {
    for (const accent of ACCENTS) {
      const text = accentVariables(accent, scheme)['--hf-accent-text'] ?? '';
      expect(contrast(text, paper), `${accent} as ${text}`).toBeGreaterThanOrEqual(READABLE);
    }
  });

  it('can be read on a light wash of itself, as buttons and the chosen place in a menu have it', () => {
    for (const accent of ACCENTS) {
      const text = accentVariables(accent, scheme)['--hf-accent-text'] ?? '';
      for (const share of [0.11, 0.18]) {
        const wash = washed(token('surface', scheme), text, share);
        expect(contrast(text, wash), `${accent} as ${text} on ${wash}`).toBeGreaterThanOrEqual(READABLE);
      }
    }
  });

  it('carries an ink that can be read on it, and on its shade under the pointer', () => {
    for (const accent of ACCENTS) {
      const found = accentVariables(accent, scheme);
      const ink = found['--hf-accent-ink'] ?? '';
      expect(contrast(found['--hf-accent'] ?? '', ink), accent).toBeGreaterThanOrEqual(READABLE);
      // The pointer moves it away from its ink, so that it can only become easier to read.
      expect(contrast(found['--hf-accent-away'] ?? '', ink), accent).toBeGreaterThan(15);
    }
  });
});

it('prints stamps that can be read on their disc of paper', () => {
  const shade = /--hf-stamp-paper-shade: (#[0-9a-f]{6})/.exec(tokens)?.[1] ?? '';
  for (const accent of ACCENTS) {
    expect(contrast(cardVariables(accent)['--hf-accent-print'] ?? '', shade), accent).toBeGreaterThanOrEqual(
      READABLE,
    );
  }
});

it("leaves the page's accent to a card whose business chose none", () => {
  expect(cardVariables(null)).toEqual({});
  expect(cardVariables('red')).toEqual({});
});

it('keeps a colour as it was chosen where it can be read as it is', () => {
  expect(accentVariables('#0d6b62', 'light')['--hf-accent']).toBe('#0d6b62');
  expect(accentVariables('#1d2433', 'dark')['--hf-accent']).toBe('#1d2433');
});

it.each(['light', 'dark'] as const)('has tones that can be read in the %s scheme', (scheme) => {
  for (const tone of ['good', 'warn', 'bad', 'info']) {
    const colour = token(tone, scheme);
    for (const paper of ['paper', 'surface', `${tone}-soft`]) {
      expect(contrast(colour, token(paper, scheme)), `${tone} on ${paper}`).toBeGreaterThanOrEqual(READABLE);
    }
    expect(contrast(token(`${tone}-ink`, scheme), colour), `ink on ${tone}`).toBeGreaterThanOrEqual(READABLE);
  }
  for (const ink of ['ink', 'ink-soft', 'ink-faint']) {
    for (const paper of ['paper', 'surface', 'surface-sunken', 'surface-hover', 'surface-raised']) {
      expect(contrast(token(ink, scheme), token(paper, scheme)), `${ink} on ${paper}`).toBeGreaterThanOrEqual(
        READABLE,
      );
    }
  }
  // What tells where a field is must be seen, though it is no text.
  expect(contrast(token('line-strong', scheme), token('surface', scheme))).toBeGreaterThanOrEqual(3);
});

it('knows a colour when it sees one', () => {
  expect(isAccent('#0D6B62')).toBe(true);
  for (const other of [null, undefined, '', 'teal', '#fff', '#0d6b62ff', 'javascript:1']) {
    expect(isAccent(other)).toBe(false);
  }
});
