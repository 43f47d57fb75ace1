import { expect, test } from 'bun:test';
import { legsOf } from './legs.ts';

type Node = Parameters<typeof legsOf>[2][number];

const node = (name: string, state: string): Node => ({ role: 'gateway', node: name, state, expiresAt: 3_600_000 });

test('a role on another machine has a leg as long as it is let in, and one whose certificate ran out is not called fine', () => {
  const legs = legsOf('https://gate.example', [], [node('b', 'joined'), node('c', 'expired'), node('d', 'revoked')], 0);
  expect(legs.map(({ what, state }) => [what, state])).toEqual([
    ['leg: clients → gateway', 'good'], ['leg: gateway b ↔ other machines', 'good'], ['leg: gateway c ↔ other machines', 'bad'],
  ]);
  expect(legs[1]?.found).toContain('mutual TLS 1.3');
});
