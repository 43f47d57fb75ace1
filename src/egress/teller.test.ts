import { expect, test } from 'bun:test';
import { LIMITS } from '../domain/limits.ts';
import { createTeller, type Refusal } from './teller.ts';

const refusal = (server: string, host: string): Refusal => ({ space: 'default', server, host, port: 443, code: 'ERR_EGRESS_FORBIDDEN' });

test('what one server tries in vain hides nothing of another, and each host is told once a minute', () => {
  const told: string[] = [];
  let at = 0;
  const tell = createTeller(async ({ server, host }) => void told.push(`${server} ${host}`), () => at);
  for (let index = 0; index < 5_000; index += 1) tell(refusal('loud', `h${index}.test`));
  expect(told.length).toBe(LIMITS.egressTriedMax);
  tell(refusal('quiet', 'evil.test'));
  tell(refusal('quiet', 'evil.test'));
  expect(told.slice(LIMITS.egressTriedMax)).toEqual(['quiet evil.test']);
  at = 60_000;
  tell(refusal('quiet', 'evil.test'));
  expect(told.at(-1)).toBe('quiet evil.test');
  expect(told.length).toBe(LIMITS.egressTriedMax + 2);
});

test('what could not be told is told the next time', async () => {
  let tries = 0;
  const tell = createTeller(() => {
    tries += 1;
    return Promise.reject(new Error('control is away'));
  }, () => 0);
  tell(refusal('quiet', 'evil.test'));
  await Promise.resolve();
  await Promise.resolve();
  tell(refusal('quiet', 'evil.test'));
  expect(tries).toBe(2);
});
