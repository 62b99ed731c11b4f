import { expect, it } from 'vitest';
import type { LoyaltyMembersMember } from '../../../api';
import { corrected } from './lists';

const member = (id: string, name: string) => ({ id, name }) as LoyaltyMembersMember;
const page = (...items: LoyaltyMembersMember[]) => ({ items, next: 'after' });

it('puts a member as they are now into the page on which they are, and leaves the others as they were', () => {
  const first = page(member('1', 'Ana'), member('2', 'Luis'));
  const second = page(member('3', 'Rosa'));
  const found = corrected({ pages: [first, second], pageParams: [{}, 'x'] }, member('3', 'Rosa Mamani'));
  expect(found).toEqual({ pages: [first, page(member('3', 'Rosa Mamani'))], pageParams: [{}, 'x'] });
  // The same object, so that a page which did not change is not drawn again.
  expect((found as { pages: unknown[] }).pages[0]).toBe(first);
});

it('knows a plain list too, and one that is not there yet', () => {
  expect(corrected(page(member('1', 'Ana')), member('1', 'Anna'))).toEqual(page(member('1', 'Anna')));
  expect(corrected(undefined, member('1', 'Anna'))).toBeUndefined();
});
