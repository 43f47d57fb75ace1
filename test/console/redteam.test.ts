import { setDefaultTimeout, test } from 'bun:test';
import { isObject, type JsonObject } from '../../src/domain/json.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { useConsole } from './harness.ts';
import { installation, type Installation } from './installation.ts';
import { keys, tabTo } from './keyboard.ts';
import { axe, picture } from './looks.ts';

setDefaultTimeout(300_000);
const open = useConsole();

/** The story's rehearsal, once more as if a control had been lost meanwhile. Its id. */
async function rehearseWorse({ client }: Installation): Promise<string> {
  const last = await client.get('/redteam/runs/last');
  const { id: _id, by: _by, techniques: _t, differences: _d, before: _b, ...run } = isObject(last) ? last : {};
  const [first = {}, ...others] = objects(part(last, 'results'));
  const lost: JsonObject = {
    ...first, outcome: 'missed', acted: [], red: 'it is claimed to be prevented', harm: [{ what: 'a private file was published', evidence: 'forum.post' }],
  };
  return text(part(await client.send('POST', '/redteam/runs', { ...run, results: [lost, ...others] }), 'id'));
}

test('the story\'s rehearsal is there, with the command that runs one', async () => {
  const { page } = await open({ role: 'auditor', at: 'redteam' });
  await page.getByText('sallyport redteam run', { exact: true }).waitFor();
  await page.getByLabel('Only these').fill('AML.T0051.001');
  await page.getByText('sallyport redteam run --only AML.T0051.001').waitFor();
  await page.getByRole('grid', { name: 'Red team' }).waitFor();
  await axe(page);
  await picture(page, 'redteam');
});

test('an analyst sees by keys alone which control acted in a scenario, and by techniques how all of them ended', async () => {
  const { page } = await open({ role: 'analyst', at: 'redteam' });
  await page.getByText('as claimed').first().waitFor();
  await keys(page, 'j Enter');
  await page.waitForURL(/\/redteam\/[0-9a-f-]{36}/);
  await page.getByRole('grid', { name: 'Scenarios' }).waitFor();
  await keys(page, 'j Enter');
  const drawer = page.getByRole('complementary', { name: 'Details' });
  await drawer.getByText('Evidence in the records of that gate').waitFor();
  await drawer.getByText('untrusted-destination', { exact: true }).waitFor();
  await axe(page);
  await tabTo(page, /^Scenarios/);
  await keys(page, 'ArrowRight');
  const matrix = page.getByRole('region', { name: 'Outcomes by technique' });
  await matrix.getByRole('row', { name: /AML\.T0051\.001/ }).waitFor();
  await axe(page);
  await picture(page, 'redteam-run');
});

test('what got worse since the run before is said, with what was lost', async () => {
  const of = await installation();
  const id = await rehearseWorse(of);
  const { page } = await open({ role: 'analyst', at: `redteam/${id}?tab=differences` });
  const row = page.getByRole('row', { name: /publish a private repository/ });
  await row.getByText('worse', { exact: true }).waitFor();
  await row.getByText('missed').waitFor();
  await axe(page);
});
