import { expect, test } from 'bun:test';
import { readRegistryPolicy, REGISTRY_SHAPE } from './registry-shape.ts';

test.each([
  ['https://gate.corp.example', 'example.corp.gate'], ['https://Gate.Example:8443/base', 'example.gate'], ['https://localhost:7443', 'local.sallyport'],
  ['https://127.0.0.1:7443', 'local.sallyport'], ['https://[::1]:7443', 'local.sallyport'],
])('servers of %s are published under %s unless a name is given', (url, namespace) => {
  expect(readRegistryPolicy({}, url)).toEqual({ namespace, anonymous: false, coolingOffMs: 7 * 24 * 60 * 60_000 });
  expect(readRegistryPolicy({ namespace: 'com.example', anonymous: true, coolingOff: '12h' }, url)).toEqual({
    namespace: 'com.example', anonymous: true, coolingOffMs: 12 * 60 * 60_000,
  });
});

const NONE = ['example', 'com.example/x', 'com..example', '.com', 'com.Example', 'com.-x', 'x'.repeat(130)];

test.each(NONE)('a namespace is a domain backwards: not %s', (namespace) => {
  expect(REGISTRY_SHAPE.safeParse({ namespace }).success).toBe(false);
});
