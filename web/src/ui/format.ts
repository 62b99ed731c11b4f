/** Figures, money and moments as people of a language and a place write them. */

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

export interface Money {
  minor: number;
  currency: string;
}

interface Place {
  timezone?: string | undefined;
}

export interface Formats {
  count: (value: number) => string;
  /** 0.42 as 42 %. */
  share: (value: number, digits?: number) => string;
  money: (value: Money) => string;
  day: (value: string | Date) => string;
  /** "31 May", for the axis of a chart. */
  shortDay: (value: string | Date) => string;
  /** An hour of the day, 0 to 23. */
  hour: (value: number) => string;
  month: (value: string | Date) => string;
  time: (value: string | Date) => string;
  moment: (value: string | Date) => string;
  /** "3 minutes ago". */
  ago: (value: string | Date, now?: number) => string;
  /** A length of time in its largest whole unit: 43 200 seconds as 12 hours. */
  duration: (seconds: number) => string;
  list: (values: string[]) => string;
}

const STEPS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

const WHOLE = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** A day such as 2026-05-31 belongs to no timezone; as a Date it would move by one in half of the world. */
const date = (value: string | Date) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)
    ? new Date(`${value}T12:00:00Z`)
    : new Date(value);
const isDay = (value: string | Date) => typeof value === 'string' && value.length === 10;

export function formats(language: string, { timezone }: Place = {}): Formats {
  const zone = timezone === undefined ? {} : { timeZone: timezone };
  const of = (value: string | Date) => (isDay(value) ? { timeZone: 'UTC' } : zone);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return {
    count: (value) => new Intl.NumberFormat(language).format(value),
    share: (value, digits = 0) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: digits }).format(value),
    money: ({ minor, currency }) => {
      const format = new Intl.NumberFormat(language, { style: 'currency', currency });
      return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
    },
    day: (value) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', ...of(value) }).format(date(value)),
    shortDay: (value) =>
      new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', ...of(value) }).format(date(value)),
    hour: (value) =>
      new Intl.DateTimeFormat(language, { hour: 'numeric', timeZone: 'UTC' }).format(
        Date.UTC(2000, 0, 1, value),
      ),
    month: (value) =>
      new Intl.DateTimeFormat(language, { month: 'short', year: 'numeric', ...of(value) }).format(
        date(value),
      ),
    time: (value) => new Intl.DateTimeFormat(language, { timeStyle: 'short', ...zone }).format(date(value)),
    moment: (value) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', ...zone }).format(
        date(value),
      ),
    ago: (value, now = Date.now()) => {
      const seconds = (date(value).getTime() - now) / 1000;
      for (const [unit, size] of STEPS) {
        if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
      }
      return relative.format(0, 'second');
    },
    duration: (seconds) => {
      const [unit, size] = WHOLE.find(([, size]) => seconds >= size && seconds % size === 0) ?? ['second', 1];
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
        seconds / size,
      );
    },
    list: (values) => new Intl.ListFormat(language).format(values),
  };
}

/** The formats of the language that is spoken, at a place; `useFormats({ timezone: business.timezone })`. */
export function useFormats({ timezone }: Place = {}): Formats {
  const { i18n } = useTranslation();
  return useMemo(() => formats(i18n.language, { timezone }), [i18n.language, timezone]);
}
