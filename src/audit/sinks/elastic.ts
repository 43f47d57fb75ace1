import type { ElasticSink } from '../../domain/sink.ts';
import { isArray } from '../../domain/json.ts';
import { asJson, codeIn } from './answers.ts';
import { createPost, faultOf } from './post.ts';
import type { Post } from './post.ts';
import { SinkFault } from './sink.ts';
import type { Item, Parked, Sink } from './sink.ts';

/** Rounds in which a busy cluster may take the rest of a batch, until the whole is put off. */
const ROUNDS_MAX = 5;
const ROUND_MS = 250;

interface Judged {
  readonly again: readonly Item[];
  readonly parked: readonly Parked[];
}

/**
 * `_bulk` of Elasticsearch and OpenSearch, into a data stream. Documents are created under the record's id, so that one that is
 * sent again is a conflict (409) and no second document. Each item has its own answer: what is busy is sent again, what the
 * mapping can't take is parked.
 */
export function openElastic(spec: ElasticSink): Sink {
  const post = createPost(spec);
  const headers = { 'content-type': 'application/x-ndjson', ...authorizationOf(spec) };
  return {
    send: async (items, signal) => {
      const parked: Parked[] = [];
      let pending = items;
      for (let round = 1; pending.length > 0; round += 1) {
        const judged = await bulk(post, spec, pending, headers, signal);
        parked.push(...judged.parked);
        pending = judged.again;
        if (pending.length > 0 && round === ROUNDS_MAX) throw new SinkFault('elastic: items busy (429)');
        if (pending.length > 0) await Bun.sleep(ROUND_MS * 2 ** round);
        if (signal.aborted) throw new SinkFault('stopped');
      }
      // A cluster that refuses every document is not one that found a bad one.
      if (parked.length === items.length && parked[0] !== undefined) throw new SinkFault(parked[0].reason, { kind: 'refused' });
      return parked;
    },
    close: async () => undefined,
  };
}

async function bulk(
  post: Post, spec: ElasticSink, items: readonly Item[], headers: Readonly<Record<string, string>>, signal: AbortSignal,
): Promise<Judged> {
  const body = items.map((item) => `{"create":{"_id":${JSON.stringify(item.id)}}}\n${documentOf(spec, item)}\n`).join('');
  const answer = await post(`/${encodeURIComponent(spec.dataStream)}/_bulk?filter_path=errors,items.*.status,items.*.error.type`, body, headers, signal);
  if (answer.status !== 200) throw faultOf(`elastic: HTTP ${answer.status}`, answer);
  const { errors, items: answers } = asJson(answer.json);
  if (errors === false) return { again: [], parked: [] };
  if (!isArray(answers) || answers.length !== items.length) throw new SinkFault('elastic: an answer without its items');
  const again: Item[] = [];
  const parked: Parked[] = [];
  for (const [index, item] of items.entries()) {
    const { status, error } = asJson(asJson(answers[index])['create']);
    if (status === 429 || status === 503) again.push(item);
    else if (status === 400 || status === 413) parked.push({ item, reason: `elastic: ${codeIn(asJson(error)['type'])}` });
    else if (status !== 200 && status !== 201 && status !== 409) throw new SinkFault(`elastic: an item with status ${Number(status)}`);
  }
  return { again, parked };
}

/** `@timestamp` is what a data stream is ordered by. */
function documentOf({ format }: ElasticSink, { at, text, event }: Item): string {
  const timestamp = JSON.stringify(new Date(at).toISOString());
  if (format === 'cef') return `{"@timestamp":${timestamp},"event":{"action":${JSON.stringify(event)}},"message":${JSON.stringify(text)}}`;
  return `{"@timestamp":${timestamp},${text.slice(1)}`;
}

function authorizationOf({ apiKey, username, password }: ElasticSink): Readonly<Record<string, string>> {
  if (apiKey !== undefined) return { authorization: `ApiKey ${apiKey}` };
  if (username === undefined || password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
