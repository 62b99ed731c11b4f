const SOME = 3;
const SHARE = 0.05;

/** More was taken back than slips of the finger explain. */
export const isRemarkable = ({ voided, stamps }: { voided: number; stamps: number }): boolean =>
  voided >= SOME && voided > stamps * SHARE;
