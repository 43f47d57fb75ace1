import { afterAll, beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openControl, type ControlFixture } from '../../control/fixture-control.ts';
import { SallyportError } from '../../domain/errors.ts';
import { goodDisclosure } from '../../../test/fixtures/good-vendor.ts';
import { command } from '../vendor.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

/** What the command says, or its refusal with what helps. */
async function vendor(...args: readonly string[]): Promise<string> {
  let out = '';
  try {
    await command.run(args, {
      env: { HOME: fixture.home, SALLYPORT_HOME: fixture.home }, cwd: fixture.home, interactive: false, signal: AbortSignal.timeout(30_000),
      out: (said) => void (out += said), note: (said) => void (out += `${said}\n`), confirm: () => Promise.resolve(false),
    });
    return out;
  } catch (error) {
    if (error instanceof SallyportError) return `${error.code}: ${error.message}\n${error.remedy ?? ''}`;
    throw error;
  }
}

const today = new Date().toISOString().slice(0, 10);

test('what is printed to be typed next can be typed, and what is wrong with a file is said of that file', async () => {
  await vendor('add', 'acme', '--name', 'Acme', '--owner', 'sales', '--purpose', 'x', '--url', 'https://mcp.acme.example/mcp', '--confidentiality', 'public');
  const linked = await vendor('link', 'acme');
  const [, id = '', link = ''] = /sallyport vendor unlink (\S+) (\S+)/.exec(linked) ?? [];
  expect(id).toBe('acme');
  expect(await vendor('unlink', 'acme', 'no-such')).toMatch(/^ERR_NOT_FOUND: [^]*`sallyport vendor show`/);
  expect(await vendor('unlink', id, link)).toContain('The link is closed.');
  writeFileSync(join(fixture.home, 'empty.yaml'), '');
  expect(await vendor('disclose', 'acme', 'empty.yaml')).toContain('the file is empty');
  expect(await vendor('disclose', 'acme', 'no-such.yaml')).toMatch(/no-such\.yaml is not there/);
  const answers = Object.entries(goodDisclosure(Date.now()).answers).map(([question, answer]) => `  ${question}: ${JSON.stringify(answer)}\n`).join('');
  writeFileSync(join(fixture.home, 'good.yaml'), `disclosure: sallyport-vendor/v1\nvendor: acme\nby: Jo\ndate: ${today}\nanswers:\n${answers}`);
  expect(await vendor('disclose', 'acme', 'good.yaml')).toContain('answers are in force.\n');
  expect(await vendor('attest', 'acme', '--reason', 'x')).toMatch(/Due again on \d{4}-\d\d-\d\d: /);
});
