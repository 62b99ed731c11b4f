// @vitest-environment happy-dom
import { beforeEach, expect, it } from 'vitest';
import { draftOf, forgetDraft, keepDraft } from './draft';

const INITIAL = { name: '', stamps: 10, languages: ['es'] };

beforeEach(() => sessionStorage.clear());

it('keeps what was typed for one business and one part', () => {
  keepDraft('a', 'card', { ...INITIAL, name: 'Café Aurora' });
  expect(draftOf('a', 'card', INITIAL)).toEqual({ ...INITIAL, name: 'Café Aurora' });
  expect(draftOf('b', 'card', INITIAL)).toEqual(INITIAL);
  expect(draftOf('a', 'business', INITIAL)).toEqual(INITIAL);
});

it('forgets what was sent', () => {
  keepDraft('a', 'card', { name: 'Café Aurora' });
  forgetDraft('a', 'card');
  expect(draftOf('a', 'card', INITIAL)).toEqual(INITIAL);
});

it('takes nothing that does not fit the fields', () => {
  sessionStorage.setItem('holdfast.start.a.card', '{"name": 7, "stamps": 12, "other": true}');
  expect(draftOf('a', 'card', INITIAL)).toEqual({ ...INITIAL, stamps: 12 });
  sessionStorage.setItem('holdfast.start.a.card', '{broken');
  expect(draftOf('a', 'card', INITIAL)).toEqual(INITIAL);
});
