import { describe, expect, test } from 'bun:test';
import { ERROR_CODES, SallyportError } from '../domain/errors.ts';
import { refusalOf, rungOf } from './ladder.ts';

const to = { id: 1, revision: '2026-07-28', exchange: 'e-1' } as const;

describe('rungs', () => {
  test('no code is invented where the specification reserves them', () => {
    for (const code of ERROR_CODES) {
      for (const era of ['legacy', 'modern'] as const) {
        const { rpcCode } = rungOf(code, era);
        const isSpecified = [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022, -32000, -32001].includes(rpcCode);
        expect(isSpecified || rpcCode < -32768 || rpcCode > -32000).toBe(true);
      }
    }
  });

  test.each([
    ['ERR_METHOD_UNKNOWN', 'modern', 404, -32601],
    ['ERR_METHOD_UNKNOWN', 'legacy', 200, -32601],
    ['ERR_TOOL_UNKNOWN', 'modern', 200, -32602],
    ['ERR_POLICY_DENIED', 'modern', 200, 4030],
    ['ERR_SESSION_UNKNOWN', 'legacy', 404, -32001],
    ['ERR_TOKEN_MISSING', 'modern', 401, 4010],
    ['ERR_UPSTREAM_TIMEOUT', 'legacy', 200, 5040],
    ['ERR_LEASE_EXPIRED', 'modern', 503, 5030],
    ['ERR_CONFIG_INVALID', 'modern', 500, -32603],
  ] as const)('%s in the %s era: %i %i', (code, era, httpStatus, rpcCode) => {
    expect(rungOf(code, era)).toEqual({ httpStatus, rpcCode });
  });

  test('what never became a message is told by its status', () => {
    expect(rungOf('ERR_DEADLINE', 'legacy', true).httpStatus).toBe(504);
    expect(rungOf('ERR_DEADLINE', 'legacy').httpStatus).toBe(200);
  });
});

describe('refusals', () => {
  test('carry code, exchange and remedy, and what the protocol wants', () => {
    const fault = new SallyportError('ERR_VERSION_UNSUPPORTED', 'no', {
      remedy: 'use another',
      data: { supported: ['a'], requested: 'b' },
    });
    expect(refusalOf(fault, to)).toEqual({
      kind: 'error',
      from: 'server',
      revision: '2026-07-28',
      id: 1,
      httpStatus: 400,
      error: {
        code: -32022,
        message: 'no',
        data: { supported: ['a'], requested: 'b', code: 'ERR_VERSION_UNSUPPORTED', exchange: 'e-1', remedy: 'use another' },
      },
    });
  });

  test('never tell what is internal', () => {
    const fault = new SallyportError('ERR_LINK_AUTH', 'key of the ledger is wrong', {
      internal: '/home/x',
      remedy: 'look',
      data: { a: 1 },
    });
    const answer = JSON.stringify(refusalOf(fault, to));
    for (const secret of ['ledger', '/home/x', 'look', 'ERR_LINK_AUTH']) expect(answer).not.toContain(secret);
    expect(answer).toContain('ERR_INTERNAL');
  });

  test('hidden and absent look the same', () => {
    const absent = new SallyportError('ERR_TOOL_UNKNOWN', 'no such tool here', { remedy: 'list', data: { a: 1 } });
    const hidden = { code: 'ERR_TOOL_UNKNOWN', message: 'policy p7 denies this', remedy: 'ask' } as const;
    expect(refusalOf(absent, to)).toEqual(refusalOf(hidden, to));
  });
});
