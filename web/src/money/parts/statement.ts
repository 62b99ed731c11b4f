/** Which time a statement is of: a month, or days that somebody chose. Days are where the business is. */

/** The first day, and the day after the last. */
export interface Time {
  since: string;
  until: string;
}

const DAY_MS = 86_400_000;
/** The api draws no longer ones. */
const MOST_DAYS = 370;
const MOST_MONTHS = 24;

/** The day that a moment is on, at a place. */
export const dayAt = (moment: string | Date, timezone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: timezone }).format(new Date(moment));

const noon = (day: string) => Date.parse(`${day}T12:00:00Z`);

/** The day so many days later. */
export const daysLater = (day: string, days: number): string =>
  new Date(noon(day) + days * DAY_MS).toISOString().slice(0, 10);

const monthLater = (month: string, months: number): string => {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
};

/** The months of a wallet as `2026-05`, from the present one back to the one in which it was opened. */
export function monthsOf(opened: string, today: string): string[] {
  const months: string[] = [];
  let month = today.slice(0, 7);
  do {
    months.push(month);
    month = monthLater(month, -1);
  } while (month >= opened.slice(0, 7) && months.length < MOST_MONTHS);
  return months;
}

export const timeOf = (month: string): Time => ({
  since: `${month}-01`,
  until: `${monthLater(month, 1)}-01`,
});

/** What is wrong with two days that somebody typed, both of which the statement is to have. */
export function timeFault(from: string, to: string): 'missing' | 'order' | 'long' | null {
  if (Number.isNaN(noon(from)) || Number.isNaN(noon(to))) return 'missing';
  if (to < from) return 'order';
  return (noon(to) - noon(from)) / DAY_MS >= MOST_DAYS ? 'long' : null;
}

/** What came in and what went out between two balances; together they are the difference. */
export const flowsOf = (movements: ReadonlyArray<{ change: number }>): { in: number; out: number } => ({
  in: movements.reduce((sum, { change }) => sum + Math.max(0, change), 0),
  out: movements.reduce((sum, { change }) => sum + Math.min(0, change), 0),
});
