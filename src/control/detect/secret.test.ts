import { afterAll, expect, test } from 'bun:test';
import { openControl } from '../fixture-control.ts';

const fixture = await openControl();
afterAll(() => fixture.close());

const MANIFEST = (secret: string): string =>
  `apiVersion: sallyport/v1\ndetect: { remote: { url: https://judge.example/, kind: chat, model: m${secret} } }\n`;
const apply = (text: string): Promise<{ readonly status: number }> => fixture.api('POST', '/manifest', { file: 'a.yaml', text, policies: [] });
const asked = async (space: string): Promise<unknown> => fixture.asGateway.call('control.judge-secret', { space }).catch(String);

test('a gateway is given the secret of the judge that a space names, on record, and no other', async () => {
  await fixture.api('PUT', '/vault/judge', { value: 'token-of-the-judge-71', owner: 'ann' });
  await fixture.api('PUT', '/vault/other', { value: 'token-of-another-82', owner: 'ann' });
  expect(await asked('default')).toContain('asks no judge');
  expect((await apply(MANIFEST(''))).status).toBe(200);
  expect(await asked('default')).toContain('asks no judge');
  expect((await apply(MANIFEST(', secret: "vault:judge"'))).status).toBe(200);
  expect(await asked('default')).toEqual({ value: 'token-of-the-judge-71' });
  expect(await asked('red')).toContain('asks no judge');
  const { body } = await fixture.api('GET', '/audit/records?event=credential.released');
  expect(JSON.stringify(body)).toContain('https://judge.example');
  expect(JSON.stringify(body)).not.toContain('token-of');
});
