import { expect, test } from 'bun:test';
import { ACME_KEY, rulesWith } from '../../test/fixtures/edition.ts';
import { exchangeOf } from '../../test/fixtures/upstream-exchange.ts';
import { checkDetection, digestOfDetection, SHIPPED_KIT, textOfDetection } from '../detect/edition/kit.ts';
import type { DetectionEdition } from '../domain/snapshot.ts';
import { createDetectionKeeper, type DetectionKeeper, type InspectsBy } from './detection.ts';
import { createInspectors } from './inspectors.ts';

/* Detectors are made of what control's signature names, or of the last that was good. */

const TEXT = textOfDetection(checkDetection({ secretRules: rulesWith() }));
const named = (text: string, sequence = 5): DetectionEdition => ({ digest: digestOfDetection(text), sequence });

interface Stage {
  readonly keeper: DetectionKeeper;
  readonly kept: readonly string[];
  readonly said: InspectsBy[];
  wanted: DetectionEdition | undefined;
  gives: string | undefined;
}

function stageOf(): Stage {
  const kept: string[] = [];
  const said: InspectsBy[] = [];
  const stage: Stage = {
    kept, said, wanted: undefined, gives: TEXT,
    keeper: createDetectionKeeper({
      wanted: () => stage.wanted,
      ask: async (by, digest) => {
        if (digest === undefined) said.push(by);
        return digest === undefined ? undefined : stage.gives;
      },
      kept: (by, { sequence }, { code }) => void kept.push(`${by.sequence} not ${sequence}: ${code}`),
    }),
  };
  return stage;
}

test('what is named is taken, told, and given up again when nothing is named', async () => {
  const stage = stageOf();
  await stage.keeper.tend();
  expect(stage.keeper.kit()).toBe(SHIPPED_KIT);
  stage.wanted = named(TEXT);
  await stage.keeper.tend();
  expect(stage.keeper.kit().secretsIn(ACME_KEY)).toHaveLength(1);
  stage.wanted = undefined;
  await stage.keeper.tend();
  expect(stage.keeper.kit()).toBe(SHIPPED_KIT);
  expect(stage.said.map(({ sequence }) => sequence)).toEqual([0, 5, 0]);
  expect(stage.kept).toEqual([]);
});

test('whatever is not what was named, or does not validate, changes nothing and is told once', async () => {
  const stage = stageOf();
  stage.wanted = named(TEXT);
  await stage.keeper.tend();
  const good = stage.keeper.kit();
  stage.wanted = { digest: 'f'.repeat(64), sequence: 6 };
  for (let times = 0; times < 3; times += 1) await stage.keeper.tend();
  stage.wanted = { ...named('{"secretRules":{}}'), sequence: 7 };
  stage.gives = '{"secretRules":{}}';
  await stage.keeper.tend();
  stage.wanted = { ...stage.wanted, sequence: 8 };
  stage.gives = undefined;
  await stage.keeper.tend();
  expect(stage.keeper.kit()).toBe(good);
  expect(stage.kept).toEqual(['5 not 6: ERR_VERIFY_FAILED', '5 not 7: ERR_VERIFY_FAILED', '5 not 8: ERR_VERIFY_FAILED']);
  expect(new Set(stage.said.map(({ sequence }) => sequence))).toEqual(new Set([5]));
});

test('each message is looked at by one of them, also under the snapshot that was there before', async () => {
  const stage = stageOf();
  const exchange = exchangeOf({ transport: 'http', url: 'https://crm.example/mcp', allowPrivate: false });
  const looking = createInspectors(new Uint8Array(32), { at: () => undefined }, stage.keeper.kit);
  const see = (): readonly string[] => looking(exchange)
    .inspect({ facet: 'result', json: { text: ACME_KEY }, at: '/result', server: 'crm', name: 'search' }).findings.map(({ detector }) => detector);
  expect(see()).toEqual([]);
  expect(looking(exchange)).toBe(looking(exchange));
  stage.wanted = named(TEXT);
  await stage.keeper.tend();
  expect(see()).toEqual(['secrets']);
  stage.wanted = undefined;
  await stage.keeper.tend();
  expect(see()).toEqual([]);
});
