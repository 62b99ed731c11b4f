import { useMemo, useState } from 'react';
import type { Wallet } from '../../api';
import { dayAt, daysLater, monthsOf, type Time, timeFault, timeOf } from './statement';

/** Stands for days that somebody chooses, in the list of months. */
export const OTHER = 'other';

/** The time that a wallet's statement is of: the present month at first. */
export function useTime({ created_at }: Pick<Wallet, 'created_at'>, timezone: string) {
  const today = dayAt(new Date(), timezone);
  const months = useMemo(() => monthsOf(dayAt(created_at, timezone), today), [created_at, timezone, today]);
  const [month, setMonth] = useState(months[0] ?? OTHER);
  const [from, setFrom] = useState(`${today.slice(0, 7)}-01`);
  const [to, setTo] = useState(today);
  const fault = month === OTHER ? timeFault(from, to) : null;
  const [kept, setKept] = useState<Time>(() => timeOf(month));
  const wanted =
    month === OTHER ? { since: from, until: fault === null ? daysLater(to, 1) : '' } : timeOf(month);
  // Days that make no statement leave the one that is there; the fault is said beside them.
  if (fault === null && (wanted.since !== kept.since || wanted.until !== kept.until)) setKept(wanted);
  return { months, month, setMonth, from, setFrom, to, setTo, fault, time: fault === null ? wanted : kept };
}

export type TimeChoice = ReturnType<typeof useTime>;
