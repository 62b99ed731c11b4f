const DAY_MS = 86_400_000;

/** The last day of a time whose end is the day after it. */
export const lastDay = (end: string): string =>
  new Date(Date.parse(`${end}T12:00:00Z`) - DAY_MS).toISOString().slice(0, 10);
