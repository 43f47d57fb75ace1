import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Category } from '../../domain/server.ts';
import type { SharedState } from '../../domain/state.ts';
import type { Seal } from '../seal.ts';

/** Placeholders for values: what they stand for lies sealed in the state that replicas share, and is worth nothing in another flow context. */
export interface Tokens {
  /** The placeholder of a value; the same for the same value, so that an agent can tell that two are one. */
  issue(value: string, category: Category, exchange: Exchange): Promise<string>;
  /** A text with the placeholders of these categories undone. Undefined where one stands for nothing that is known (any more). */
  restore(text: string, categories: readonly Category[], exchange: Exchange): Promise<string | undefined>;
}

const ID_CHARS = 20;
const PLACEHOLDER = /\[\[(pii|phi|pci|secret|source):([0-9a-f]{20})\]\]/g;

export function createTokens(state: SharedState, seal: Seal): Tokens {
  return {
    async issue(value, category, exchange) {
      const binding = bindingOf(category, exchange);
      // Sealed under a key of ours, the same value gives the same box, which nobody else can make.
      const box = seal.sealStable(binding, value);
      if (Buffer.byteLength(box) > LIMITS.stateValueBytesMax) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'A value is too long for a placeholder.');
      const id = createHash('sha256').update(box).digest('hex').slice(0, ID_CHARS);
      await state.set(keyOf(id, exchange), box, LIMITS.tokenisedMs);
      return `[[${category}:${id}]]`;
    },
    async restore(text, categories, exchange) {
      const known = new Map<string, string>();
      for (const [placeholder, category, id = ''] of text.matchAll(PLACEHOLDER)) {
        const wanted = categories.find((one) => one === category);
        if (wanted === undefined || known.has(placeholder)) continue;
        const box = await state.get(keyOf(id, exchange));
        const value = box === undefined ? undefined : seal.open(bindingOf(wanted, exchange), box);
        if (value === undefined) return undefined;
        known.set(placeholder, value);
      }
      return known.size === 0 ? text : text.replace(PLACEHOLDER, (placeholder) => known.get(placeholder) ?? placeholder);
    },
  };
}

function bindingOf(category: string, { space, flow }: Exchange): string {
  return `sallyport/token/${space}/${flow}/${category}`;
}

function keyOf(id: string, { space, flow }: Exchange): string {
  return `${space}/token/${flow}/${id}`;
}
