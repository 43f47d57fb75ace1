import { isObject } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Labels } from '../../domain/server.ts';

/** What strangers can write into. */
const OPEN = /^(?:fetch|browse|browser|web|crawl|scrape|rss|feed|issue|issues|ticket|tickets|email|emails|mail|inbox|message|messages|comment|comments|review|reviews|slack|discord)$/;
/** What is not for everybody. */
const CLOSED = /^(?:file|files|database|db|sql|table|contact|contacts|customer|customers|inbox|email|emails|private|calendar|document|documents|memory|secret|secrets|repo|repository)$/;

/** A guess at what a tool's results carry, from the words of its name: a scan has nobody to ask. */
export function guessLabels(definition: JsonObject): Labels {
  const annotations = isObject(definition['annotations']) ? definition['annotations'] : {};
  const words = wordsOf(definition['name']);
  return {
    integrity: annotations['openWorldHint'] === true || words.some((word) => OPEN.test(word)) ? 'untrusted' : 'trusted',
    confidentiality: words.some((word) => CLOSED.test(word)) ? 'confidential' : 'public',
    categories: [],
  };
}

function wordsOf(name: unknown): readonly string[] {
  if (typeof name !== 'string') return [];
  return name.slice(0, 256).replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2').toLowerCase().match(/\p{L}+/gu) ?? [];
}
