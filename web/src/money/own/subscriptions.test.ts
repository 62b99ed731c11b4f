import { describe, expect, it } from 'vitest';
import { hasSeats, hasUse } from '../billing';
import {
  choices,
  isSame,
  type Offer,
  onlyWhen,
  type Subscribed,
  subscriptionStanding,
} from './subscriptions';

const offer = (id: string, more: object = {}) => ({
  plan: { id, currency: 'PEN', public: true, active: true, ...more },
});

describe('how a subscription stands', () => {
  it.each([
    ['active', false, 'active'],
    ['active', true, 'ending'],
    ['trialing', true, 'ending'],
    ['cancelled', true, 'cancelled'],
    ['incomplete', false, 'past_due'],
  ] as const)('%s, to be cancelled %s', (status, cancel_at_end, standing) => {
    expect(subscriptionStanding({ status, cancel_at_end })).toBe(standing);
  });
});

describe('what somebody can change to', () => {
  it('is what they have, and what is offered for the same money', () => {
    const have = offer('old', { active: false, public: false });
    const offers = [
      offer('basic'),
      offer('secret', { public: false }),
      offer('gone', { active: false }),
      offer('dollars', { currency: 'USD' }),
    ];
    expect(choices(offers, have).map(({ plan }) => plan.id)).toEqual(['old', 'basic']);
    expect(choices([offer('basic')], offer('basic'))).toHaveLength(1);
  });
});

describe('whether anything would change', () => {
  const row = { plan_id: 'basic', quantity: 2, next_plan_id: null, next_quantity: null };

  it('is no for what they have', () => {
    expect(isSame({ plan_id: 'basic', quantity: 2 }, row)).toBe(true);
    expect(isSame({ plan_id: 'basic', quantity: 3 }, row)).toBe(false);
  });

  it('is yes for what they have, when something else is arranged', () => {
    const arranged = { ...row, next_plan_id: 'pro', next_quantity: 2 };
    expect(isSame({ plan_id: 'basic', quantity: 2 }, arranged)).toBe(false);
    expect(isSame({ plan_id: 'pro', quantity: 2 }, arranged)).toBe(true);
  });
});

describe('what a price depends on', () => {
  it('is seats or use', () => {
    expect(hasSeats([{ kind: 'per_period' }, { kind: 'tiered_seats' }])).toBe(true);
    expect(hasSeats([{ kind: 'per_period' }, { kind: 'metered' }])).toBe(false);
    expect(hasUse([{ kind: 'metered' }])).toBe(true);
    expect(hasUse([{ kind: 'per_seat' }])).toBe(false);
  });
});

describe('when a change can happen', () => {
  const month = { id: 'month', interval: 'month', interval_count: 1, proration: 'daily' };
  const offered = (more: object) => ({ plan: { ...month, ...more } }) as unknown as Offer;
  const has = (more: object = {}, status = 'active') =>
    ({
      plan: { ...month, ...more },
      subscription: { plan_id: 'month', quantity: 2, status },
    }) as unknown as Subscribed;
  const year = { id: 'year', interval: 'year' };

  it.each([
    ['another plan of that length', has(), offered({ id: 'pro' }), null],
    ['another length, where days are given back', has(), offered(year), null],
    ['another length after whole periods', has({ proration: 'none' }), offered(year), 'renewal'],
    ['another plan of whole periods', has({ proration: 'none' }), offered({ id: 'pro' }), 'renewal'],
    ['whole periods of another length', has(), offered({ ...year, proration: 'none' }), 'renewal'],
    ['another length within a trial', has({ proration: 'none' }, 'trialing'), offered(year), null],
    ['what they have', has(), offered({}), 'renewal'],
  ] as const)('%s', (_, subscribed, chosen, when) => {
    expect(onlyWhen(subscribed, chosen, 2)).toBe(when);
  });

  it('is at once for other seats', () => {
    expect(onlyWhen(has(), offered({}), 3)).toBeNull();
    expect(onlyWhen(has({ proration: 'none' }), offered({ proration: 'none' }), 3)).toBe('renewal');
  });
});
