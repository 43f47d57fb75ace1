import { accessSync, constants, mkdirSync } from 'node:fs';
import type { SinkNews, SinkSpec, SinkTest } from '../../domain/sink.ts';
import type { Entry } from '../entry.ts';
import type { LogSource } from '../ocsf/to-ocsf.ts';
import { createPseudonyms } from '../pseudonym.ts';
import { cursorFile } from './cursor.ts';
import { openSink } from './open.ts';
import { createPrepare } from './prepare.ts';
import { Pump } from './pump.ts';
import type { PumpStatus } from './pump.ts';
import { SinkFault, toSinkFault } from './sink.ts';
import type { Item, Sink } from './sink.ts';

/** Everything that runs sinks needs of the ledger around it. */
export interface SinksParts {
  readonly home: string;
  /** `<home>/ledger`. */
  readonly dir: string;
  readonly source: LogSource;
  readonly tail: (from: number, signal: AbortSignal) => AsyncIterable<Entry>;
  readonly next: () => number;
  readonly news: (news: SinkNews) => void;
}

export interface SinksConfiguration {
  readonly sinks: Readonly<Record<string, SinkSpec>>;
  /** People leave under pseudonyms (but to sinks with `reveal`); `key`: 32 bytes. */
  readonly pseudonyms: { readonly on: boolean; readonly key: Uint8Array };
}

export interface RunningSinks {
  /** Replaces what was configured; a sink whose settings did not change goes on undisturbed. */
  configure(configuration: SinksConfiguration): Promise<void>;
  status(): ReadonlyMap<string, PumpStatus & { readonly type: string }>;
  /** Throws `SinkFault` where there is no such sink. */
  replay(name: string, from: number): Promise<void>;
  /** Sends one record that is on no log, beside what is under way. Never throws for the destination's sake. */
  test(name: string): Promise<SinkTest>;
  close(): Promise<void>;
}

interface Running {
  readonly spec: SinkSpec;
  readonly key: string;
  readonly pump: Pump;
}

export function runSinks(parts: SinksParts): RunningSinks {
  const running = new Map<string, Running>();
  const open = (name: string, spec: SinkSpec): Promise<Sink> => openSink(spec, { name, source: parts.source, home: parts.home });
  const named = (name: string): Running => running.get(name) ?? unknown(name);

  const start = (name: string, spec: SinkSpec, { pseudonyms }: SinksConfiguration): Pump => {
    const people = createPseudonyms(pseudonyms.key);
    const shown = { ...spec, reveal: spec.reveal || !pseudonyms.on };
    return new Pump({
      name, file: cursorFile(parts.dir, name), spec,
      prepare: createPrepare(shown, { hide: (record) => people.hide(record), key: pseudonyms.key, source: parts.source }),
      open: () => open(name, spec), tail: parts.tail, next: parts.next, news: parts.news, now: Date.now,
    });
  };

  return {
    async configure(configuration) {
      for (const [name, one] of running) {
        if (one.key === keyOf(configuration, name)) continue;
        running.delete(name);
        await one.pump.close();
      }
      for (const [name, spec] of Object.entries(configuration.sinks)) {
        if (!running.has(name)) running.set(name, { spec, key: keyOf(configuration, name), pump: start(name, spec, configuration) });
      }
    },
    status: () => new Map([...running].map(([name, { pump, spec }]) => [name, { ...pump.status, type: spec.type }])),
    replay: (name, from) => named(name).pump.replay(from),
    test: (name) => tryOut(() => open(name, named(name).spec), named(name).spec),
    close: async () => {
      await Promise.all([...running.values()].map(({ pump }) => pump.close()));
    },
  };
}

function keyOf({ sinks, pseudonyms }: SinksConfiguration, name: string): string {
  return JSON.stringify([sinks[name], pseudonyms.on, Buffer.from(pseudonyms.key).toString('base64')]);
}

async function tryOut(open: () => Promise<Sink>, spec: SinkSpec): Promise<SinkTest> {
  const startedAt = performance.now();
  const since = (): number => Math.round(performance.now() - startedAt);
  let sink: Sink | undefined;
  try {
    // Two writers of one file would be worse than no record in it.
    if (spec.type === 'file') {
      mkdirSync(spec.directory, { recursive: true, mode: 0o700 });
      accessSync(spec.directory, constants.W_OK);
    } else {
      sink = await open();
      const parked = await sink.send([trial()], AbortSignal.timeout(spec.timeoutMs));
      const fault = sink.failed?.() ?? (parked[0] && new SinkFault(parked[0].reason));
      if (fault !== undefined) throw fault;
    }
    return { ok: true, latencyMs: since() };
  } catch (error) {
    return { ok: false, latencyMs: since(), error: toSinkFault(error).message };
  } finally {
    await sink?.close().catch(() => undefined);
  }
}

function trial(): Item {
  const id = Bun.randomUUIDv7();
  const at = Date.now();
  const text = JSON.stringify({ id, at, event: 'sink.tested', reason: 'A trial of the way to this sink; it is no record of the log.' });
  return { position: 0, at, id, event: 'sink.tested', severity: 0, context: '', text };
}

function unknown(name: string): never {
  throw new SinkFault(`there is no sink ${name}`);
}
