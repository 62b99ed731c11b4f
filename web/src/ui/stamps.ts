/** How the places of a stamp card stand: shared by the React card and the small pages, so that both draw the same. */

export interface Place {
  /** 1 for the first stamp. */
  number: number;
  stamped: boolean;
  /** Degrees; nobody stamps perfectly straight. The same place is always turned the same way. */
  turn: number;
}

export interface Places {
  /** Rows of small places; the last stamp is the reward's own, bigger place. */
  rows: Place[][];
  /** How many places the longest row has. */
  columns: number;
  /** All stamps are there. */
  complete: boolean;
}

const ROWS: ReadonlyArray<readonly [most: number, rows: number]> = [
  [3, 1],
  [12, 2],
  [21, 3],
  [32, 4],
];
const MOST_ROWS = 5;
const WIDEST_TURN = 13;

/** A turn that looks like chance and is none, so that a card does not wobble from one paint to the next. */
export const turnOf = (number: number) =>
  Math.round(((((number * 7919) % 101) / 100) * 2 - 1) * WIDEST_TURN * 10) / 10;

/** The places of a card: rows as even as can be, the longer ones first. */
export function placesOf(stamps: number, required: number): Places {
  const small = Math.max(1, required - 1);
  const rowCount = ROWS.find(([most]) => small <= most)?.[1] ?? MOST_ROWS;
  const rows: Place[][] = [];
  let number = 1;
  for (let row = 0; row < rowCount; row += 1) {
    const length = Math.ceil((small - (number - 1)) / (rowCount - row));
    rows.push(
      Array.from({ length }, (_, at) => ({
        number: number + at,
        stamped: number + at <= stamps,
        turn: turnOf(number + at),
      })),
    );
    number += length;
  }
  return { rows, columns: rows[0]?.length ?? 1, complete: stamps >= required };
}

/** The letter that a business stamps with. */
export function initialOf(business: string): string {
  const words = business.trim().split(/\s+/);
  // "Café Aurora" is known by its own name, not by its trade; "Aurora" has but one.
  const word = words[words.length > 1 && /^(caf[eé]|the|el|la|los|las|bar)$/i.test(words[0] ?? '') ? 1 : 0];
  return Array.from(word ?? '')[0]?.toLocaleUpperCase() ?? '';
}
