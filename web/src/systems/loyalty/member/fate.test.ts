import { expect, it } from 'vitest';
import type { OnCard, Reward, Stamp } from '../../../api';
import { fateOf } from './fate';

const card = { id: 'card', spent: 12 } as OnCard;
const reward = (status: Reward['status'], last_place: number, more = {}) =>
  ({ id: `${status}-${last_place}`, card_id: 'card', status, stamps: 6, last_place, ...more }) as Reward;
const member = { cards: [card], rewards: [reward('redeemed', 6), reward('earned', 12)] };
const stamp = (place: number | null, card_id = 'card') => ({ place, card_id }) as Stamp;

it.each([
  [13, 'onCard', undefined],
  [12, 'inReward', 'earned-12'],
  [7, 'inReward', 'earned-12'],
  [6, 'spent', 'redeemed-6'],
  [1, 'spent', 'redeemed-6'],
])('a stamp at place %d is %s', (place, kind, id) => {
  const fate = fateOf(stamp(place), member);
  expect(fate.kind).toBe(kind);
  expect('reward' in fate ? fate.reward.id : undefined).toBe(id);
});

it('of a reward that was taken back counts for the one that took its place', () => {
  const rewards = [reward('cancelled', 12), reward('earned', 12)];
  expect(fateOf(stamp(9), { cards: [card], rewards })).toMatchObject({
    kind: 'inReward',
    reward: { id: 'earned-12' },
  });
});

it('that nobody can tell is said to be unknown', () => {
  expect(fateOf(stamp(3, 'another'), member).kind).toBe('unknown');
  expect(fateOf(stamp(null), member).kind).toBe('unknown');
  expect(fateOf(stamp(3), { cards: [card], rewards: [] }).kind).toBe('unknown');
  expect(
    fateOf(stamp(3), { cards: [card], rewards: [reward('earned', 6, { card_id: 'another' })] }).kind,
  ).toBe('unknown');
});
