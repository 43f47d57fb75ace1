import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { PluginSettings } from '../domain/detect.ts';
import type { Subject } from '../domain/detector.ts';
import type { Finding } from '../domain/finding.ts';
import { LIMITS } from '../domain/limits.ts';
import { failedBeside, type Beside } from './beside.ts';
import { PluginThread } from './plugin/run.ts';
import { readFound } from './plugin/words.ts';

/**
 * A detector of one's own (docs/inspection.md has its contract), in a thread beside the path: one message at a time, each within its time
 * and memory. A thread that breaks a limit, or breaks, is ended; the message has failed, and the next thread starts after a pause that
 * doubles. Nothing but the file with the digest of the settings is ever run.
 */
export function createPlugin(settings: PluginSettings): { readonly beside: Beside; close(): void } {
  const { id, facets, onFailure } = settings;
  const by = `plugin ${id}`;
  let thread: PluginThread | undefined;
  let [failures, until] = [0, 0];
  let isClosed = false;
  let queued = 0;
  let last: Promise<unknown> = Promise.resolve();

  const failed = (): undefined => {
    thread?.end();
    thread = undefined;
    failures += 1;
    until = Date.now() + Math.min(LIMITS.pluginBackoffMs * 2 ** (failures - 1), LIMITS.pluginBackoffMsMax);
    return undefined;
  };
  const look = async ({ facet, server, name, at, json }: Subject, cameAt: number): Promise<readonly Finding[] | undefined> => {
    const now = Date.now();
    if (isClosed || now < until || now - cameAt > LIMITS.inspectionMs) return undefined;
    try {
      thread ??= await PluginThread.start(await readModule(settings), settings);
      // Nobody would end what started while everything else was ended.
      if (isClosed) return failed();
      const { found, heapBytes } = await thread.ask({ facet, server, name, at, json });
      const findings = found === undefined ? undefined : readFound(found, id, at);
      if (heapBytes > settings.memoryBytesMax) return failed() ?? findings;
      // One that throws, or says what it may not, is whole enough to be asked again.
      if (findings !== undefined) failures = 0;
      return findings;
    } catch {
      return failed();
    }
  };

  return {
    beside: async (subject, _found) => {
      if (!facets.includes(subject.facet)) return { findings: [] };
      if (queued >= LIMITS.pluginQueueMax) return failedBeside(subject, by, onFailure);
      queued += 1;
      const cameAt = Date.now();
      const turn = last.then(() => look(subject, cameAt));
      last = turn;
      const findings = await turn;
      queued -= 1;
      return findings === undefined ? failedBeside(subject, by, onFailure) : { findings };
    },
    close() {
      isClosed = true;
      thread?.end();
    },
  };
}

/** The module's text, whole and with the digest that the settings name. */
async function readModule({ module, sha256 }: PluginSettings): Promise<string> {
  const { size } = await stat(module);
  if (size > LIMITS.pluginModuleBytesMax) throw new Error('the module is too large');
  const bytes = await readFile(module);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('the module is another one');
  return bytes.toString('utf8');
}
