import { describe, expect, test } from 'bun:test';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { matches } from './matches.ts';
import { parseQuestion } from './parse.ts';

const NOW = Date.parse('2026-11-23T08:00:00Z');
const read = (text: string): ReturnType<typeof parseQuestion> => parseQuestion(text, NOW);

function faultOf(text: string): { readonly code: string; readonly column: unknown; readonly message: string } {
  try {
    read(text);
  } catch (error) {
    if (error instanceof SallyportError) return { code: error.code, column: error.data?.['column'], message: error.message };
  }
  throw new Error(`no fault: ${text}`);
}

const holds = (text: string, row: object): boolean => matches(read(text).filter, row);

describe('a filter', () => {
  test('is read as it is meant: not before and before or; spans, dates, units, ranks', () => {
    expect(read('event = call.denied and server = crm and (tool ~ "delete*" or severity >= high) and at >= 2h').filter).toEqual({
      kind: 'and',
      parts: [
        { kind: 'equal', field: 'event', values: ['call.denied'] },
        { kind: 'equal', field: 'server', values: ['crm'] },
        { kind: 'or', parts: [{ kind: 'glob', field: 'tool', pattern: 'delete*' }, { kind: 'number', field: 'severity', operator: '>=', value: 3 }] },
        { kind: 'number', field: 'at', operator: '>=', value: NOW - 2 * 3_600_000 },
      ],
    });
    expect(read('not server = a or server = b and tool != "x y"').filter).toEqual({
      kind: 'or',
      parts: [
        { kind: 'not', part: { kind: 'equal', field: 'server', values: ['a'] } },
        { kind: 'and', parts: [{ kind: 'equal', field: 'server', values: ['b'] }, { kind: 'not', part: { kind: 'equal', field: 'tool', values: ['x y'] } }] },
      ],
    });
    expect(read('latency > 1.5s').filter).toMatchObject({ value: 1500 });
    expect(read('size >= 10kib').filter).toMatchObject({ value: 10_240 });
    expect(read('at < 2026-11-23T07:00Z').filter).toMatchObject({ value: NOW - 3_600_000 });
    expect(read('confidentiality > internal').filter).toMatchObject({ value: 1 });
    expect(read('server in (a, "b c")').filter).toEqual({ kind: 'equal', field: 'server', values: ['a', 'b c'] });
    expect(read('has finding').filter).toEqual({ kind: 'has', field: 'finding' });
    expect(read('').filter).toEqual({ kind: 'and', parts: [] });
  });

  test('may end in what is counted', () => {
    expect(read('count by event, day')).toEqual({ filter: { kind: 'and', parts: [] }, countBy: ['event', 'day'] });
    expect(read('server = crm COUNT BY tool').countBy).toEqual(['tool']);
  });

  test.each([
    ['sever = crm', 1, 'did you mean "server"'],
    ['server = crm and event = call.denid', 26, 'did you mean "call.denied"'],
    ['severity >= bad', 13, 'never "bad"'],
    ['server crm', 8, 'a comparison is expected'],
    ['server = ', 9, 'a value is expected'],
    ['server = a tool = b', 12, '"and", "or" or the end'],
    ['(server = a', 12, '")" is expected'],
    ['server = "a', 10, 'a quotation is not closed'],
    ['server < a', 8, 'has no order'],
    ['at = 2h', 4, 'compared with <'],
    ['at >= yesterday', 7, 'is no time'],
    ['latency > 5kb', 11, 'is no number'],
    ['server in ()', 12, 'a value is expected'],
    ['position in (1, 2)', 14, 'not with a list'],
    ['exchange ~ "a*"', 10, 'compared with = or !='],
    ['not exchange = abc', 1, 'not left out'],
    ['count by exchange', 10, 'cannot be counted by'],
    ['count by', 9, 'a field is expected'],
    ['server = a; drop table record', 13, '"and", "or" or the end'],
  ])('%s: the mistake is named with its column', (text, column, says) => {
    const fault = faultOf(text);
    expect(fault).toMatchObject({ code: 'ERR_QUERY_INVALID', column });
    expect(fault.message).toContain(says);
  });

  test('has limits', () => {
    expect(faultOf('x'.repeat(LIMITS.filterCharsMax + 1)).code).toBe('ERR_QUERY_INVALID');
    expect(faultOf(`${'('.repeat(LIMITS.filterDepthMax + 1)}server = a`).message).toContain('levels deep');
    expect(faultOf(`${'not '.repeat(LIMITS.filterDepthMax + 1)}server = a`).message).toContain('levels deep');
    expect(faultOf(Array.from({ length: LIMITS.filterConditionsMax + 1 }, () => 'server = a').join(' or ')).message).toContain('conditions');
    expect(faultOf(`server in (${Array.from({ length: LIMITS.filterValuesMax + 1 }, () => 'a').join(', ')})`).message).toContain('can be listed');
  });

  test('is two-valued: what a record does not have is not equal, and so otherwise', () => {
    expect(holds('server = crm', {})).toBeFalse();
    expect(holds('server != crm', {})).toBeTrue();
    expect(holds('not (server = crm or latency > 5)', { latency: 6 })).toBeFalse();
    expect(holds('policy = b and policy ~ "a*"', { policy: ['abc', 'b'] })).toBeTrue();
    expect(holds('tool ~ "a*b*c"', { tool: 'aXXbYYbc' })).toBeTrue();
    expect(holds('tool ~ "a?c"', { tool: 'a😀c' })).toBeTrue();
    expect(holds('tool ~ "a[b]*"', { tool: 'ab' })).toBeFalse();
  });
});
