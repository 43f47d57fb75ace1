import type { Json } from '../../domain/json.ts';
import type { Module, Question, Said } from './words.ts';

/** The thread that a plug-in runs in: it is given the module's text, which the gateway has read and checked, and then one question after another. */

declare const self: Worker;

type Detect = (subject: Question['subject']) => Json | Promise<Json>;

let detect: Detect | undefined;

self.addEventListener('message', ({ data }: MessageEvent<Module | Question>) => void ('module' in data ? load(data) : answer(data)));

/** From its text: no other file is read in its place, and it can't import what lies beside it. */
async function load({ module }: Module): Promise<void> {
  const loaded: { readonly detect?: unknown } = await import(`data:text/javascript;base64,${Buffer.from(module).toString('base64')}`);
  if (typeof loaded.detect !== 'function') throw new Error('the module exports no function detect');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever it gives is read as data
  detect = loaded.detect as Detect;
  say({ ready: true });
}

async function answer({ id, subject }: Question): Promise<void> {
  try {
    // What can't be said as JSON is nothing that it may say.
    const found: Json = JSON.parse(JSON.stringify(await detect?.(subject)));
    say({ id, found, heapBytes: heapBytes() });
  } catch {
    say({ id, failed: true, heapBytes: heapBytes() });
  }
}

/** Of this thread alone. */
function heapBytes(): number {
  return process.memoryUsage().heapUsed;
}

function say(said: Said): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  self.postMessage(said);
}
