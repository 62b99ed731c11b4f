import { describe, expect, it } from 'vitest';
import { amountFault, canAsk, chosenOf, type OwnWallet, payoutStanding } from './wallet';

const pen = (minor: number) => ({ minor, currency: 'PEN' });
const wallet = (available: number, minimum = 1000): Pick<OwnWallet, 'balances' | 'minimum'> => ({
  balances: { available: pen(available), pending: pen(0), held: pen(0), owed: pen(0) },
  minimum: pen(minimum),
});

describe('what can be asked for', () => {
  it('is nothing while less is there than is paid out at once', () => {
    expect(canAsk(wallet(999))).toBe(false);
    expect(canAsk(wallet(1000))).toBe(true);
    expect(canAsk(wallet(0, 0))).toBe(false);
  });

  it.each([
    ['', 'missing'],
    ['0', 'missing'],
    ['ten', 'missing'],
    ['9.99', 'little'],
    ['50.01', 'much'],
    ['10', null],
    ['50,00', null],
  ])('says what is wrong with "%s"', (typed, fault) => {
    expect(amountFault(typed, wallet(5000))).toBe(fault);
  });
});

it('shows the wallet that the address names, else the first', () => {
  const wallets = ['a', 'b'].map((id) => ({ wallet: { id } }) as OwnWallet);
  expect(chosenOf(wallets, 'b')?.wallet.id).toBe('b');
  expect(chosenOf(wallets, 'gone')?.wallet.id).toBe('a');
  expect(chosenOf([], undefined)).toBeUndefined();
});

it('tells whoever is paid no more of the way than that it is on it', () => {
  expect(payoutStanding('sending').word).toBe('leaving');
  expect(payoutStanding('processing').word).toBe('leaving');
  expect(payoutStanding('rejected')).toEqual({ word: 'rejected', tone: 'bad' });
});
