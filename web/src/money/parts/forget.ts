/** What a command changed is asked for again. */

import type { QueryClient } from '@tanstack/react-query';

/** Every question of these operations: those on screen now, the others when they are looked at. */
export const forget = (client: QueryClient, names: readonly string[]) =>
  client.invalidateQueries({
    predicate: ({ queryKey: [first] }) => {
      const name = typeof first === 'object' && first !== null ? (first as { _id?: string })._id : undefined;
      return name !== undefined && names.includes(name);
    },
  });
