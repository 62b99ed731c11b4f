/** The change from one figure to the next as a share; null where there is nothing to compare with. */
export const changeOf = (before: number | undefined, now: number | undefined): number | null =>
  before === undefined || now === undefined || before <= 0 ? null : now / before - 1;
