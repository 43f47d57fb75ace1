import { describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Asset } from '../../../src/discover/correlate/asset.ts';
import { correlate } from '../../../src/discover/correlate/correlate.ts';
import { isUnseen } from '../../../src/domain/observation.ts';
import type { Observation, Sensor } from '../../../src/domain/observation.ts';
import { plantClientFiles } from './client-files.ts';
import { plantLogs } from './logs.ts';
import { plantNetwork } from './network.ts';
import { plantRepositories } from './repositories.ts';
import { plantRunning } from './running.ts';
import type { Plant, Planted, PlantPart } from './planted.ts';
import { scoreOf } from './score.ts';

/** Every part in a file of its own; it adds itself here. */
const PARTS: Readonly<Record<string, PlantPart>> = {
  'client-files': plantClientFiles,
  logs: plantLogs,
  network: plantNetwork,
  repositories: plantRepositories,
  running: plantRunning,
};

/** 40 configurations, 12 processes, 10 listeners, 6 repositories, logs of 5 formats: none of them makes up for another. */
const PLANTS_MIN: readonly (readonly [Sensor, number])[] = [['client-file', 40], ['process', 12], ['listener', 10], ['code', 6], ['log', 5]];
const LOOK_ALIKES_MIN = 30;

/** What the machine is called in everything that is planted on it. */
const MACHINE = 'machine-image';

async function plantAll(folder: string): Promise<readonly Planted[]> {
  const planted: Planted[] = [];
  for (const [name, plant] of Object.entries(PARTS)) {
    const own = join(folder, name);
    mkdirSync(own);
    planted.push(await plant(own, MACHINE));
  }
  return planted;
}

async function lookAll(planted: readonly Planted[]): Promise<readonly Observation[]> {
  const seen: Observation[] = [];
  for (const start of planted.flatMap(({ looks }) => looks)) for await (const item of start()) if (!isUnseen(item)) seen.push(item);
  return seen;
}

test('[machine-image] everything that is on a machine is found once, for what it is, and nothing that only looks like it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sp-machine-'));
  const planted = await plantAll(folder);
  try {
    const seen = await lookAll(planted);
    const { assets } = correlate(seen.map((one) => ({ ...one, firstSeenAt: one.seenAt })));
    const plants = planted.flatMap((part) => part.plants);
    const lookAlikes = planted.flatMap((part) => part.lookAlikes);
    expect(PLANTS_MIN.filter(([sensor, least]) => plants.filter(({ by }) => by === sensor).length < least)).toEqual([]);
    expect(lookAlikes.length).toBeGreaterThanOrEqual(LOOK_ALIKES_MIN);
    const { recall, precision, wrong } = scoreOf(plants, lookAlikes, assets);
    console.log(`machine image: ${plants.length} planted, ${lookAlikes.length} look-alikes, ${seen.length} observations, ${assets.length} assets; `
      + `recall ${(recall * 100).toFixed(1)} %, precision ${(precision * 100).toFixed(1)} %`);
    expect(wrong).toEqual([]);
    expect({ recall, precision }).toEqual({ recall: 1, precision: 1 });
  } finally {
    for (const part of planted) await part.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

describe('the score', () => {
  const plant: Plant = { what: 'crm', kind: 'server', keys: ['url:https://a.example/mcp'], confidenceMin: 80, by: 'process' };
  const asset: Asset = {
    id: '1', kind: 'server', keys: ['url:https://a.example/mcp'], name: 'crm', confidence: 90, sensors: ['process'], risks: [], hosts: [], persons: [],
    clients: [], firstSeenAt: 0, lastSeenAt: 0, evidence: [],
  };

  test('is full for what is as it was planted', () => {
    expect(scoreOf([plant], [], [asset])).toEqual({ recall: 1, precision: 1, wrong: [] });
  });

  test('counts what is missed, found twice, of another kind, unsure, unseen by its sensor, or nobody\'s', () => {
    expect(scoreOf([plant], [], [])).toMatchObject({ recall: 0, wrong: [expect.stringContaining('not found')] });
    expect(scoreOf([plant], [], [asset, { ...asset, id: '2' }]).wrong).toEqual([expect.stringContaining('2 times')]);
    expect(scoreOf([plant], [], [{ ...asset, kind: 'client' }]).wrong).toEqual([expect.stringContaining('as a client')]);
    expect(scoreOf([plant], [], [{ ...asset, confidence: 79 }]).wrong).toEqual([expect.stringContaining('79 %')]);
    expect(scoreOf([plant], [], [{ ...asset, sensors: ['log'] }]).wrong).toEqual([expect.stringContaining('not seen by process')]);
    const other = { ...asset, id: '2', keys: ['url:https://b.example/mcp'] };
    expect(scoreOf([plant], [], [asset, other])).toMatchObject({ precision: 0.5, wrong: [expect.stringContaining('nobody planted')] });
    expect(scoreOf([plant], [{ what: 'a blog', text: 'a.example' }], [asset]).wrong).toEqual([expect.stringContaining('a blog was taken for')]);
  });
});
