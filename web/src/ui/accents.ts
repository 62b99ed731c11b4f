/** Colours to begin with, by names of their own; each is kept as it is in both schemes. */
export const ACCENTS = {
  kelp: '#0d6b62',
  moss: '#3f6b2a',
  olive: '#6d5a12',
  honey: '#e8b33f',
  clay: '#b4532a',
  brick: '#a8321f',
  rose: '#b03a6b',
  plum: '#6d3a86',
  dusk: '#3d4f7a',
  sea: '#1f6390',
  cocoa: '#5b4034',
  night: '#1d2433',
} as const;

export type AccentName = keyof typeof ACCENTS;
