import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashTexts } from '../detect/anomaly/hash.ts';
import { createMemory, type ScorerMemory } from '../detect/anomaly/memory.ts';
import { readMemory, savedKey, writeMemory } from '../detect/anomaly/saved.ts';
import { ACTOR_WIDTH } from '../detect/anomaly/rules.ts';
import { createAnomalyScorer } from '../detect/anomaly/scorer.ts';
import type { Finding } from '../domain/finding.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import { uuidv7 } from '../gateway/uuid.ts';
import { createWatching, type Watching } from '../gateway/watch.ts';

interface AnomalyGround {
  readonly home: string;
  readonly node: string;
  readonly inForce: InForceKeeper;
}

/** What is learnt of callers, kept across restarts. */
export interface Anomalies {
  readonly watching: Watching;
  close(): Promise<void>;
}

/** False findings for each agent in a month: what is told beyond what is meant. */
export const BUDGET_PER_MONTH = 1;
const START_ANEW: Finding = {
  detector: 'anomaly', rule: 'unscored', severity: 'medium', at: [], expected: 'what was learnt before', seen: 'a file that is damaged or of another version',
};

/**
 * Joins scoring to the path. Baselines are this replica's own and lie in `<home>/gateway/anomaly-<node>.bin`, saved now and then
 * and at the end; a file that is not what was written is set aside by learning anew, and that is on record.
 */
export function joinAnomalies({ home, node, inForce }: AnomalyGround, journal: Journal): Anomalies {
  const file = join(home, 'gateway', `anomaly-${node}.bin`);
  const { memory, isAnew } = load(file);
  const scorer = createAnomalyScorer({ budgetPerMonth: BUDGET_PER_MONTH, scorePeople: () => inForce.snapshot?.audit.scorePeople ?? true }, memory);
  const hash = (destination: string): string => hashTexts(memory.key, 'destination', destination).toString(36);
  if (isAnew) {
    const at = Date.now();
    journal.append({
      id: uuidv7(at), at, category: 'detection', event: 'finding.raised', node, space: DEFAULT_SPACE, exchange: uuidv7(at), findings: [START_ANEW],
    }).catch(() => undefined);
  }
  let saving: Promise<void> = Promise.resolve();
  const keep = (): void => {
    saving = saving.then(() => save(file, memory)).catch(() => undefined);
  };
  const timer = setInterval(keep, LIMITS.anomalySaveMs);
  timer.unref();
  return {
    watching: createWatching({ scorer, journal, node, now: Date.now, hash }),
    async close() {
      clearInterval(timer);
      keep();
      await saving;
    },
  };
}

function fresh(): ScorerMemory {
  return createMemory(randomInt(2 ** 31), LIMITS.anomalyActorsMax, ACTOR_WIDTH);
}

function load(file: string): { readonly memory: ScorerMemory; readonly isAnew: boolean } {
  if (!existsSync(file)) return { memory: fresh(), isAnew: false };
  try {
    const bytes = readFileSync(file);
    const key = bytes.length > LIMITS.anomalyBytesMax ? undefined : savedKey(bytes);
    if (key === undefined) return { memory: fresh(), isAnew: true };
    const memory = createMemory(key, LIMITS.anomalyActorsMax, ACTOR_WIDTH);
    return readMemory(bytes, memory) ? { memory, isAnew: false } : { memory: fresh(), isAnew: true };
  } catch {
    return { memory: fresh(), isAnew: true };
  }
}

/** Written beside and renamed, so that there is always a whole one. */
async function save(file: string, memory: ScorerMemory): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.new`;
  try {
    await writeFile(beside, writeMemory(memory), { mode: 0o600 });
    await chmod(beside, 0o600);
    await rename(beside, file);
  } catch (fault) {
    await rm(beside, { force: true });
    throw fault;
  }
}
