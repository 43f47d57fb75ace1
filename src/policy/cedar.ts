import { createRequire } from 'node:module';
import type * as CedarWasm from '@cedar-policy/cedar-wasm/nodejs';

/**
 * Cedar's own implementation: parser, strict validator and the oracle of our compiler. 100 MB and slow, so it is loaded at
 * first use and only by control (this is the only file that may load it). One instance, since it is synchronous.
 */
export type Cedar = typeof CedarWasm;
export type CedarValueJson = CedarWasm.CedarValueJson;
export type DetailedError = CedarWasm.DetailedError;
export type ValidationError = CedarWasm.ValidationError;

const MODULE = '@cedar-policy/cedar-wasm/nodejs';
const load = createRequire(import.meta.url);
let instance: Cedar | undefined;

/** Loads Cedar, or gives the loaded one. */
function loadCedar(): Cedar {
  if (instance !== undefined) return instance;
  const loaded: Cedar = load(MODULE);
  instance = loaded;
  return loaded;
}

/**
 * Runs one call of Cedar. A trap (stack or memory exhausted) leaves a wasm instance unusable, so the next call gets a
 * fresh one; the trap itself comes out as `undefined`: what Cedar can't digest is refused.
 */
export function askCedar<Answer>(ask: (cedar: Cedar) => Answer): Answer | undefined {
  try {
    return ask(loadCedar());
  } catch {
    instance = undefined;
    delete load.cache[load.resolve(MODULE)];
    return undefined;
  }
}
