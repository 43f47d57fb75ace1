import names from './names.json' with { type: 'json' };

/**
 * The published lists by which techniques are named. Names and ids are their publishers': OWASP (CC BY-NC-SA for its texts, of which
 * nothing but names stands here), MITRE ATLAS (Apache-2.0), SAFE-MCP (CC BY 4.0), CoSAI.
 */
export const TAXONOMIES: Readonly<Record<string, { readonly title: string; readonly techniques: Readonly<Record<string, string>> }>> = names;

/** What a published id is called; undefined: no list has it. */
export function nameOfTechnique(id: string): string | undefined {
  for (const { techniques } of Object.values(TAXONOMIES)) if (Object.hasOwn(techniques, id)) return techniques[id];
  return undefined;
}
