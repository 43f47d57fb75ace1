import { describe, expect, test } from 'bun:test';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import { parseManifest } from './manifest.ts';
import { brokenSink, readSink } from './sink-shape.ts';

const parse = (audit: string): unknown => parseManifest(`apiVersion: sallyport/v1\naudit: ${audit}\n`, 'sallyport.yaml');
const sinks = (spec: string): string => `{ sinks: { soc: ${spec} } }`;
const UNTIL = 'cleartext: { reason: lab, owner: o@example.com, approver: c@example.com, expires: 2027-01-31 }';

describe('a sink in a manifest', () => {
  test.each([
    ['cleartext to another machine', sinks('{ type: webhook, url: "http://soc.example", secret: vault:x }')],
    ['syslog without TLS to another machine', sinks('{ type: syslog, address: soc.example:514, tls: false }')],
    ['one of several brokers without TLS', sinks('{ type: kafka, brokers: ["localhost:9092", "b.example:9092"], topic: t, tls: false }')],
    ['a secret as it is', sinks('{ type: splunk, url: "https://soc.example", token: 0b1d55e7f2 }')],
    ['a header as it is', sinks('{ type: otlp, url: "https://soc.example", headers: { authorization: "Bearer abc" } }')],
    ['a password in the URL', sinks('{ type: webhook, url: "https://u:p@soc.example", secret: vault:x }')],
    ['a user without a password', sinks('{ type: elastic, url: "https://es.example", dataStream: a, username: u }')],
    ['an API key beside a user', sinks('{ type: elastic, url: "https://es.example", dataStream: a, username: u, password: vault:p, apiKey: vault:k }')],
    ['a path with ..', sinks('{ type: file, directory: /var/../etc }')],
    ['a relative path', sinks('{ type: file, directory: logs }')],
    ['an event that does not exist', sinks('{ type: file, directory: /logs, filter: { events: [call.permited] } }')],
    ['a key that does not exist', sinks('{ type: file, directory: /logs, revela: true }')],
    ['a type that does not exist', sinks('{ type: carrier-pigeon, directory: /logs }')],
    ['a name that is not declared in failClosed', '{ sinks: {}, failClosed: [soc] }'],
    ['more sinks than there may be', `{ sinks: { ${Array.from({ length: 33 }, (_, index) => `s${index}: { type: file, directory: /logs }`).join(', ')} } }`],
  ])('is refused with %s', (_, audit) => {
    expect(codeThrown(() => parse(audit))).toBe('ERR_CONFIG_INVALID');
  });

  test.each([
    ['TLS', '{ type: webhook, url: "https://soc.example", secret: vault:x }'],
    ['cleartext on this machine', '{ type: webhook, url: "http://127.0.0.1:9", secret: vault:x }'],
    ['cleartext that somebody stands for', `{ type: syslog, address: soc.example:514, tls: false, ${UNTIL} }`],
  ])('is taken with %s', (_, spec) => {
    expect(codeThrown(() => parse(sinks(spec)))).toBe('accepted');
  });
});

describe('a sink as the ledger runs it', () => {
  test('has every default written out, and the network\'s roots', () => {
    expect(readSink({ type: 'syslog', address: '[::1]:6514', timeout: '5s' }, 'PEM')).toEqual({
      type: 'syslog', host: '::1', port: 6514, facility: 13, appName: 'sallyport', tls: true, format: 'json', from: 'now', filter: {}, reveal: false,
      fields: { drop: [], hash: [] }, batch: { records: 500, bytes: 1024 * 1024, waitMs: 1_000 }, timeoutMs: 5_000, behindMaxMs: 300_000, roots: 'PEM',
    });
  });

  test('that is broken keeps how far behind it may be, where it begins, and none of its secrets', () => {
    const spec = readSink({ type: 'webhook', url: 'https://soc.example', secret: 'canary', behindMax: '1m', from: 'now' }, undefined);
    const broken = brokenSink('ERR_SECRET_EXPIRED', spec);
    expect(broken).toMatchObject({ type: 'broken', error: 'ERR_SECRET_EXPIRED', behindMaxMs: 60_000, from: 'now' });
    expect(JSON.stringify(broken)).not.toContain('canary');
    // Of what could not even be read nothing is known: nothing is left out.
    expect(brokenSink('ERR_CONFIG_INVALID')).toMatchObject({ from: 'start', behindMaxMs: 300_000 });
  });
});
