/** Customers who pay, found from anywhere in the console. */

import { paymentsListPayers } from '../api';
import type { Search } from '../shell/systems';

const MOST = 6;

export const findCustomers: Search['find'] = async (business, text, signal) => {
  const { data } = await paymentsListPayers({
    query: { search: text, limit: MOST },
    headers: business.headers,
    signal,
  });
  return data.items.map(({ id, name, email }) => ({
    id,
    label: name,
    path: `money/customers/${id}`,
    ...(email !== null && { description: email }),
  }));
};
