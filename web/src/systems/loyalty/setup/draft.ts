/** What was typed and is not sent yet; a reload of the page keeps it, the end of the tab does not. */

const nameOf = (business: string, part: string) => `holdfast.start.${business}.${part}`;

/** The draft of these fields; what is missing or of another kind comes from `initial`. */
export function draftOf<Values extends object>(business: string, part: string, initial: Values): Values {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(nameOf(business, part)) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return initial;
    const known = Object.entries(kept).filter(
      ([name, value]) => name in initial && typeof value === typeof initial[name as keyof Values],
    );
    return { ...initial, ...Object.fromEntries(known) };
  } catch {
    return initial;
  }
}

export function keepDraft(business: string, part: string, values: object): void {
  try {
    sessionStorage.setItem(nameOf(business, part), JSON.stringify(values));
  } catch {
    // A browser that keeps nothing still opens businesses.
  }
}

export function forgetDraft(business: string, part: string): void {
  try {
    sessionStorage.removeItem(nameOf(business, part));
  } catch {
    // Nothing was kept.
  }
}
