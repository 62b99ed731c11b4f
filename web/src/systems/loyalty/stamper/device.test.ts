import { describe, expect, it } from 'vitest';
import { ApiProblem } from '../../../client';
import { answerTo } from './device';

const problem = (status: number, code: string, retryAfter: number | null = null) =>
  new ApiProblem({ status, code, title: 'A sentence.', detail: 'More.', request_id: 'r-1', retryAfter });

describe('what an unsuccessful answer means for a stamp', () => {
  it.each([
    ['no answer', new ApiProblem({}), false],
    ['a server that restarts', problem(503, 'problems.unavailable'), true],
    ['a server in trouble', problem(500, 'problems.unexpected'), true],
    ['too many requests', problem(429, 'problems.too-many'), true],
    ['a slow line', problem(408, 'problems.too-slow'), true],
    ['a page that is not the api', problem(502, 'unexpected_answer'), true],
    ['a sign-in page of a network', new ApiProblem({ status: 403, title: 'Forbidden' }), true],
  ])('%s: it is sent again', (_, cause, busy) => {
    expect(answerTo(cause)).toEqual({ kind: 'again', busy, afterSeconds: null });
  });

  it('waits as long as the api asks', () => {
    expect(answerTo(problem(429, 'problems.too-many', 30))).toMatchObject({
      kind: 'again',
      afterSeconds: 30,
    });
  });

  it('stops when the pairing is over', () => {
    const answer = answerTo(problem(401, 'devices.devices.not-paired'));
    expect(answer).toMatchObject({ kind: 'paused', reason: 'ended', refusal: { title: 'A sentence.' } });
  });

  it('stops when the device may not stamp', () => {
    expect(answerTo(problem(403, 'problems.not-allowed'))).toMatchObject({
      kind: 'paused',
      reason: 'not_allowed',
    });
  });

  it.each([404, 409, 422])('is a refusal with its reason: %i', (status) => {
    expect(answerTo(problem(status, 'loyalty.stamps.too-soon', 40))).toEqual({
      kind: 'refused',
      refusal: { code: 'loyalty.stamps.too-soon', title: 'A sentence.', detail: 'More.', reference: 'r-1' },
    });
  });
});
