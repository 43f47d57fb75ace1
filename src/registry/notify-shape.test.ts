import { expect, test } from 'bun:test';
import { NOTIFY_SHAPE } from './notify-shape.ts';

function isTaken(host: string): boolean {
  return NOTIFY_SHAPE.safeParse({ mail: { host, security: 'none', from: 'gate@example.com' } }).success;
}

test('mail in the clear goes to this machine only, not to a host whose name begins like it', () => {
  expect(['localhost', '127.0.0.1', '127.8.9.10', '::1'].filter(isTaken)).toHaveLength(4);
  expect(['localhost.example.com', '127.0.0.1.example.com', '127.example.com', '::1.example', 'relay.example'].filter(isTaken)).toEqual([]);
});
