/** How a registry is asked. Whoever gives this checks addresses, redirects, time and size (`ERR_PACKAGE_UNREACHABLE`). */
export interface Ask {
  /** The body of a GET, at most `bytesMax`; undefined: the registry has no such thing (404). */
  (url: string, options: { readonly bytesMax: number; readonly accept?: string }): Promise<Uint8Array | undefined>;
}

/** Which registries are asked, and what may come from them. */
export interface Sources {
  readonly ask: Ask;
  /** Base addresses, without a slash at the end. */
  readonly npm: string;
  /** Scopes (`@corp`) that come from a registry of their own, and from nowhere else. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly pypi: string;
  /** What was published after this moment (epoch ms) is too new. */
  readonly publishedBefore: number;
  /** Whether a person took responsibility for a package in this respect. */
  readonly excepts: (rule: PackageRule, ecosystem: 'npm' | 'pypi', name: string) => boolean;
}

export const PACKAGE_RULES = ['cooling-off', 'provenance'] as const;
export type PackageRule = (typeof PACKAGE_RULES)[number];

/** One archive of a locked tree. */
export interface Locked {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  /** What the registry says that its bytes are, as in subresource integrity: `sha512-…`, `sha256-…`, base64. */
  readonly integrity: string;
  /** Epoch ms; absent: the registry does not say, and a person accepted that. */
  readonly publishedAt?: number;
  /** Where its attestations are; absent: it has none. */
  readonly attestations?: string;
  /** Its folder in the entry. */
  readonly at: string;
}

/** Runs work over items, a few at a time, in order of the items. */
export async function eachOf<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = Array.from({ length: items.length });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const at = next;
      next += 1;
      const item = items[at];
      if (item !== undefined) results[at] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}
