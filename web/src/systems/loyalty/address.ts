/** What loyalty's screens keep in the address, so that a reload, a bookmark and a colleague see the same. */

export const WINDOWS = [7, 30, 90] as const;
export type Window = (typeof WINDOWS)[number];
export const USUAL_WINDOW: Window = 30;

type Raw = Record<string, unknown>;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const days = (raw: Raw): { days?: Window } => {
  const found = WINDOWS.find((window) => window === Number(raw.days));
  return found === undefined || found === USUAL_WINDOW ? {} : { days: found };
};

const program = (raw: Raw): { program?: string } =>
  typeof raw.program === 'string' && ID.test(raw.program) ? { program: raw.program } : {};

/** How many days count as now, and which program is meant; absent for 30, and for all together. */
export const windowAndProgram = (raw: Raw) => ({ ...days(raw), ...program(raw) });

export const onlyWindow = (raw: Raw) => days(raw);

/** Which members are listed. */
export const memberFilter = (raw: Raw): { search?: string; program?: string; risk?: true } => ({
  // A number that was typed into the address arrives as one.
  ...(['string', 'number'].includes(typeof raw.search) && raw.search !== ''
    ? { search: String(raw.search).slice(0, 100) }
    : {}),
  ...program(raw),
  ...(raw.risk === true ? { risk: true as const } : {}),
});
