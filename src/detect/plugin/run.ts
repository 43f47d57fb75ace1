import type { PluginSettings } from '../../domain/detect.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Module, Question, Said } from './words.ts';

/** What came of one question; `found` is undefined where the plug-in threw. */
export interface Answered {
  readonly found: Json | undefined;
  readonly heapBytes: number;
}

type Limits = Pick<PluginSettings, 'timeoutMs' | 'memoryBytesMax'>;

const WATCH_MS = 10;

/** One thread with one plug-in. What breaks it, or a limit, rejects what waits for it; then it is to be ended. */
export class PluginThread {
  readonly #worker: Worker;
  readonly #limits: Limits;
  #waiting: { readonly hear: (said: Said) => void; readonly fail: (why: Error) => void } | undefined;
  #id = 0;

  private constructor(limits: Limits) {
    this.#limits = limits;
    // Nothing of the gateway's environment is in its own.
    this.#worker = new Worker(new URL('thread.ts', import.meta.url).href, { env: {} });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Said>) => this.#waiting?.hear(data));
    const fail = (event: Event): void => {
      event.preventDefault();
      this.#waiting?.fail(new Error('the thread broke'));
    };
    for (const end of ['error', 'messageerror', 'close']) this.#worker.addEventListener(end, fail);
  }

  /** Rejects where the module does not load in time. */
  static async start(module: string, limits: Limits): Promise<PluginThread> {
    const thread = new PluginThread(limits);
    try {
      await thread.#say({ module }, LIMITS.pluginStartMs);
      return thread;
    } catch (fault) {
      thread.end();
      throw fault;
    }
  }

  /** Rejects where it does not answer in time, takes too much memory, or ends. One question at a time. */
  async ask(subject: Question['subject']): Promise<Answered> {
    this.#id += 1;
    const id = this.#id;
    const said = await this.#say({ id, subject }, this.#limits.timeoutMs);
    if ('ready' in said || said.id !== id) throw new Error('the thread answers what nobody asked');
    return { found: 'failed' in said ? undefined : said.found, heapBytes: said.heapBytes };
  }

  end(): void {
    this.#waiting?.fail(new Error('the thread was ended'));
    this.#worker.terminate();
  }

  /** What it says next. While it works its heap can't be read from here: what the whole process grows by meanwhile bounds it. */
  #say(message: Module | Question, timeoutMs: number): Promise<Said> {
    const before = process.memoryUsage.rss();
    const { promise, resolve, reject } = Promise.withResolvers<Said>();
    const late = setTimeout(() => reject(new Error('the thread took too long')), timeoutMs);
    const watch = setInterval(() => {
      if (process.memoryUsage.rss() - before > this.#limits.memoryBytesMax) reject(new Error('the thread took too much memory'));
    }, WATCH_MS);
    this.#waiting = { hear: resolve, fail: reject };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    this.#worker.postMessage(message);
    return promise.finally(() => {
      clearTimeout(late);
      clearInterval(watch);
      this.#waiting = undefined;
    });
  }
}
