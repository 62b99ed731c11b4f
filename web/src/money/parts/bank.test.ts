import { describe, expect, it } from 'vitest';
import { accountOf, countryOf, faults, isIban, type Typed, waysOf } from './bank';

const typed = (changes: Partial<Typed>): Typed => ({
  way: 'iban',
  holder: 'Ana Torres',
  country: 'PE',
  iban: '',
  bic: '',
  number: '',
  code: '',
  vpa: '',
  ...changes,
});

describe('an IBAN', () => {
  it.each(['ES9121000418450200051332', 'es91 2100 0418 4502 0005 1332', 'GB29 NWBK 6016 1331 9268 19'])(
    'is right: %s',
    (iban) => expect(isIban(iban)).toBe(true),
  );

  it.each(['', 'ES9121000418450200051333', 'ES91', '12 3456', 'ES91210004184502000513É2'])(
    'is wrong: %s',
    (iban) => expect(isIban(iban)).toBe(false),
  );
});

describe('the faults of an account', () => {
  it('are only those of the way that was chosen', () => {
    expect(faults(typed({ holder: ' ' }))).toEqual({ holder: 'holder', iban: 'iban' });
    expect(faults(typed({ way: 'account', number: '12 34' }))).toEqual({ number: 'number' });
    expect(faults(typed({ way: 'account', number: '194-2345678-0-12' }))).toEqual({});
    expect(faults(typed({ way: 'account', number: '123456', country: '' }))).toEqual({ country: 'country' });
    expect(faults(typed({ way: 'vpa', vpa: 'ana' }))).toEqual({ vpa: 'vpa' });
    expect(faults(typed({ way: 'vpa', vpa: 'ana.t@okbank' }))).toEqual({});
  });

  it('want an IFSC in India', () => {
    const indian = typed({ way: 'account', country: 'IN', number: '123456789' });
    expect(faults(indian)).toEqual({ code: 'ifsc' });
    expect(faults({ ...indian, code: 'hdfc0001234' })).toEqual({});
  });
});

describe('what is sent', () => {
  it('is bare, with the country that an IBAN begins with', () => {
    expect(accountOf(typed({ iban: 'es91 2100 0418 4502 0005 1332' }))).toEqual({
      holder: 'Ana Torres',
      country: 'ES',
      iban: 'ES9121000418450200051332',
    });
  });

  it('has nothing of the ways that were not chosen', () => {
    const sent = accountOf(typed({ way: 'account', iban: 'ES91', number: '194-23456', code: '002' }));
    expect(sent).toEqual({
      holder: 'Ana Torres',
      country: 'PE',
      account_number: '19423456',
      bank_code: '002',
    });
  });
});

it('begins with the way and the country that a currency suggests', () => {
  expect(waysOf('EUR')[0]).toBe('iban');
  expect(waysOf('PEN')[0]).toBe('account');
  expect(waysOf('INR')).toContain('vpa');
  expect(countryOf('PEN', ['CL', 'PE'])).toBe('PE');
  expect(countryOf('EUR', ['AD', 'ES'])).toBe('');
});
