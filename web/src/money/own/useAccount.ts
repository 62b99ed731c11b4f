import { queryOptions, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { homeKey } from '../../shell/systems';
import { type Account, listAccounts } from './api';

/** Under the key of the part of a person's own page, so that both ask once. */
export const accountsOptions = (person: string | undefined) =>
  queryOptions({
    queryKey: homeKey('money', person),
    queryFn: ({ signal }) => listAccounts(signal),
    enabled: person !== undefined,
  });

export const useAccounts = (person: string | undefined) => useQuery(accountsOptions(person));

const AccountContext = createContext<Account | null>(null);

/** Hands the account that the address names to every page of it. */
export const InAccount = AccountContext.Provider;

/** The account that the address names. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (account === null) throw new Error('Only a page of an account has one.');
  return account;
}
