/**
 * A tenant's accent, made safe to read: any colour that a business chooses becomes a scale of ten shades, an ink that
 * can be read on it, and a text colour that can be read on the page, in both colour schemes (WCAG 2.2, 4.5 to 1).
 */

type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const INK: Rgb = [20, 23, 21];
/** What accent-coloured text stands on, per scheme: the least favourable surface, and one that is washed with it. */
const PAPER = {
  light: { worst: [236, 232, 223], surface: [255, 253, 250] },
  dark: { worst: [39, 41, 36], surface: [30, 31, 27] },
} as const;
/** The strongest wash: a light button under the pointer. */
const WASH = 0.19;
/** The disc of paper that a stamp leaves on a card, where it is darkest. */
const STAMPED: Rgb = [239, 232, 218];
const READABLE = 4.5;

function parse(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const format = (rgb: Rgb) => `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  // Rounded here, because what is judged must be what is shown.
  return [0, 1, 2].map((at) =>
    Math.round((from[at] ?? 0) * (1 - share) + (to[at] ?? 0) * share),
  ) as unknown as Rgb;
}

function luminance(rgb: Rgb): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  return ratio(parse(one), parse(other));
}

function ratio(one: Rgb, other: Rgb): number {
  const [bright = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dark + 0.05);
}

/** The colour, moved towards white or ink until it can be read on the background. */
function readableOn(rgb: Rgb, backgrounds: (moved: Rgb) => Rgb[], towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.04) {
    const moved = mix(rgb, towards, share);
    if (backgrounds(moved).every((background) => ratio(moved, background) >= READABLE)) return moved;
  }
  return towards;
}

export const isAccent = (text: string | null | undefined): text is string =>
  /^#[0-9a-f]{6}$/i.test(text ?? '');

/** The custom properties that show a tenant's accent; see `tokens.css` for what each is for. */
export function accentVariables(hex: string, scheme: 'light' | 'dark'): Record<string, string> {
  const accent = parse(hex);
  const ink = ratio(accent, WHITE) >= READABLE ? WHITE : ratio(accent, INK) >= READABLE ? INK : WHITE;
  // A colour on which neither white nor ink can be read is darkened until white can.
  const solid = readableOn(accent, () => [ink], ink === WHITE ? INK : WHITE);
  const { worst, surface } = PAPER[scheme];
  const text = readableOn(
    accent,
    (moved) => [worst, mix(surface, moved, WASH)],
    scheme === 'light' ? INK : WHITE,
  );
  const lighter = [0.9, 0.8, 0.62, 0.44, 0.28, 0.13].map((share) => mix(solid, WHITE, share));
  const darker = [0.18, 0.36, 0.54].map((share) => mix(solid, INK, share));
  const shades = [...lighter, solid, ...darker].map((rgb, index) => [`--hf-accent-${index}`, format(rgb)]);
  return Object.fromEntries([
    ['--hf-accent', format(solid)],
    ['--hf-accent-ink', format(ink)],
    ['--hf-accent-text', format(text)],
    ['--hf-accent-away', ink === WHITE ? '#000000' : '#ffffff'],
    ['--hf-accent-print', format(readableOn(accent, () => [STAMPED], INK))],
    ...shades,
  ]);
}

/** Those that are the same in both schemes, because a card is paper in the dark as well. */
const OF_A_CARD = ['--hf-accent', '--hf-accent-ink', '--hf-accent-away', '--hf-accent-print'];

/** The custom properties of one stamp card, which has its business's colour wherever it is shown. */
export function cardVariables(hex: string | null | undefined): Record<string, string> {
  if (!isAccent(hex)) return {};
  const all = accentVariables(hex, 'light');
  return Object.fromEntries(OF_A_CARD.map((name) => [name, all[name] ?? '']));
}

/** Show an accent on the whole page, or the platform's own again. */
export function showAccent(hex: string | null | undefined, scheme: 'light' | 'dark'): void {
  const style = document.documentElement.style;
  const wanted = isAccent(hex) ? accentVariables(hex, scheme) : null;
  for (const name of Object.keys(accentVariables('#000000', scheme))) {
    const value = wanted?.[name];
    if (value === undefined) style.removeProperty(name);
    else style.setProperty(name, value);
  }
}
