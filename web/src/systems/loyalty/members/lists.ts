/** Lists of members that this browser holds, kept true to what was done here without fetching long ones again. */

import { type InfiniteData, type Query, useQueryClient } from '@tanstack/react-query';
import type { LoyaltyMembersMember, LoyaltyMembersMemberListing } from '../../../api';

type Listed = LoyaltyMembersMemberListing | InfiniteData<LoyaltyMembersMemberListing>;

const predicate = ({ queryKey }: Query) =>
  (queryKey[0] as { _id?: string } | undefined)?._id === 'loyaltyListCustomers';

/** The list with a member as they are now. */
export function corrected(listed: Listed | undefined, member: LoyaltyMembersMember): Listed | undefined {
  const page = (before: LoyaltyMembersMemberListing) =>
    before.items.some(({ id }) => id === member.id)
      ? { ...before, items: before.items.map((item) => (item.id === member.id ? member : item)) }
      : before;
  if (listed === undefined) return undefined;
  return 'pages' in listed ? { ...listed, pages: listed.pages.map(page) } : page(listed);
}

export function useLists() {
  const client = useQueryClient();
  return {
    /** Somebody came in, so every list begins anew. */
    began: () => client.resetQueries({ predicate }),
    /** Somebody's details changed. */
    correct: (member: LoyaltyMembersMember) =>
      client.setQueriesData<Listed>({ predicate }, (listed) => corrected(listed, member)),
  };
}
