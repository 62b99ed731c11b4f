import { expect, it } from 'vitest';
import { newId } from './ids';

it('makes UUIDv7 that begin with the time and are never the same', () => {
  const made = Array.from({ length: 500 }, () => newId(Date.UTC(2026, 10, 21)));
  for (const id of made)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(made).size).toBe(500);
  const milliseconds = Number.parseInt((made[0] ?? '').replace('-', '').slice(0, 12), 16);
  expect(milliseconds).toBe(Date.UTC(2026, 10, 21));
});
