import { describe, expect, it } from 'vitest';
import { dayAt, daysLater, flowsOf, monthsOf, timeFault, timeOf } from './statement';

describe('the time of a statement', () => {
  it('is a month, up to the day after its last', () => {
    expect(timeOf('2026-02')).toEqual({ since: '2026-02-01', until: '2026-03-01' });
    expect(timeOf('2026-12')).toEqual({ since: '2026-12-01', until: '2027-01-01' });
  });

  it('is of a month since there is a wallet', () => {
    expect(monthsOf('2025-11-30', '2026-01-01')).toEqual(['2026-01', '2025-12', '2025-11']);
    expect(monthsOf('2026-01-31', '2026-01-31')).toEqual(['2026-01']);
    expect(monthsOf('2010-01-01', '2026-01-31')).toHaveLength(24);
  });

  it('has the present month even where the wallet was opened on a day that has not come here', () => {
    expect(monthsOf('2026-02-01', '2026-01-31')).toEqual(['2026-01']);
  });

  it.each([
    ['', '2026-05-31', 'missing'],
    ['2026-05-31', '2026-05-30', 'order'],
    ['2026-05-31', '2026-05-31', null],
    ['2025-01-01', '2026-01-05', null],
    ['2025-01-01', '2026-01-06', 'long'],
  ])('from "%s" to "%s" is %s', (from, to, fault) => expect(timeFault(from, to)).toBe(fault));
});

it('counts days where the business is', () => {
  expect(dayAt('2026-06-01T03:00:00Z', 'America/Lima')).toBe('2026-05-31');
  expect(daysLater('2026-02-28', 1)).toBe('2026-03-01');
});

it('adds up what came and what went', () => {
  expect(flowsOf([{ change: 900 }, { change: -200 }, { change: 50 }])).toEqual({ in: 950, out: -200 });
  expect(flowsOf([])).toEqual({ in: 0, out: 0 });
});
