import { ask, ROOT } from '../../src/control/admins/fixture-admin.ts';
import { openCompany } from '../../test/review/open-company.ts';
import type { Figure } from '../figures.ts';

const SIZE = { servers: 500, toolsEach: 20, people: 2_000 };
const TARGET_S = 10;

/** How long a campaign over a whole company takes to be built, stored and on record, with what is on record of its calls. */
export async function measureReviews(): Promise<Figure[]> {
  const { fixture } = await openCompany(SIZE);
  try {
    const startedAt = performance.now();
    const { code, body } = await ask(fixture.role.control, ROOT, 'POST', '/reviews', { body: { title: 'bench' } });
    const took = (performance.now() - startedAt) / 1_000;
    if (code !== '') throw new Error(`the campaign was not opened: ${code}`);
    return [
      { section: 'reviews', name: `a campaign over ${SIZE.servers} servers, ${SIZE.servers * SIZE.toolsEach} tools and ${SIZE.people} people is built`,
        value: took, unit: 's',
        target: `≤ ${TARGET_S} s`, met: took <= TARGET_S },
      { section: 'reviews', name: 'its items', value: Number(body['items']), unit: '' },
    ];
  } finally {
    await fixture.close();
  }
}
