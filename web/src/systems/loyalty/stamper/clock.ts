/**
 * How long a stamp waited on this phone. The phone's clock may be wrong, and somebody may set it while stamps wait, so
 * three things are noted with each stamp: what the clock on the wall said, how long this page had been open (which
 * nobody can set, but which stands still while some phones sleep), and how far the api's clock was from ours when we
 * last heard of it. The api does not believe us further than to the device's last contact in any case.
 */

export interface Moment {
  /** Milliseconds since 1970, as the phone believes. */
  wall: number;
  /** Which life of the page `open` belongs to. */
  page: string;
  /** Milliseconds for which that page had been open. */
  open: number;
  /** The api's clock less ours, in milliseconds, at our last contact before; null before the first. */
  skew: number | null;
}

/** The longest wait that the api accepts. */
export const MOST_SECONDS = 30 * 24 * 60 * 60;
/** The api's clock is known to the second, and an answer takes a while. */
const TOLERANCE_MS = 5_000;

/** Whole seconds between two moments, never negative. */
export function waitedSeconds(then: Moment, now: Moment): number {
  return Math.min(MOST_SECONDS, Math.max(0, Math.round(waited(then, now) / 1000)));
}

function waited(then: Moment, now: Moment): number {
  const wall = now.wall - then.wall;
  // When the phone's clock was set in between, its distance to the api's changed by as much.
  const set = then.skew === null || now.skew === null ? 0 : now.skew - then.skew;
  const candidates = Math.abs(set) < TOLERANCE_MS ? [wall] : [wall, wall + set];
  // Nobody knows when it was set; too long is the lesser evil, because the api cuts it to what is possible.
  if (then.page !== now.page) return Math.max(...candidates);
  // At least as long as the page was open in between. What the wall says beyond that, the phone slept.
  const open = now.open - then.open;
  const possible = candidates.filter((candidate) => candidate >= open - TOLERANCE_MS);
  return possible.length === 0 ? open : Math.max(open, Math.min(...possible));
}

export interface Clock {
  now: () => Moment;
  /** Note what the api's clock says, from the `Date` of an answer. */
  heard: (date: string | null) => void;
  /** What an earlier page had noted of that. */
  remember: (skew: number) => void;
}

/** The clock of this page. */
export function pageClock(page: string): Clock {
  let known: number | null = null;
  return {
    now: () => ({ wall: Date.now(), page, open: performance.now(), skew: known }),
    heard: (date) => {
      const theirs = date === null ? Number.NaN : Date.parse(date);
      if (!Number.isNaN(theirs)) known = theirs - Date.now();
    },
    remember: (skew) => {
      known ??= skew;
    },
  };
}
