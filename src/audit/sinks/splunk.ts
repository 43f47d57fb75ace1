import type { SplunkSink } from '../../domain/sink.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { asJson } from './answers.ts';
import { createPost, faultOf } from './post.ts';
import type { Answer, Post } from './post.ts';
import { SinkFault } from './sink.ts';
import type { Item, Parked, Sink } from './sink.ts';

const POLL_MS = 200;
const POLL_MS_MAX = 5_000;
/** Splunk's own numbers of what is wrong with the data and not with the sender: no data, invalid format, event field missing or blank, bad fields. */
const DATA_CODES: ReadonlySet<unknown> = new Set([5, 6, 12, 13, 15]);

/**
 * HTTP Event Collector with indexer acknowledgement: a batch is delivered when Splunk says that it is indexed, and is sent
 * again on another channel when it does not say so in time.
 */
export function openSplunk(spec: SplunkSink): Sink {
  const post = createPost(spec);
  const channel = crypto.randomUUID();
  const headers = { authorization: `Splunk ${spec.token}`, 'content-type': 'application/json', 'x-splunk-request-channel': channel };
  const send = async (items: readonly Item[], signal: AbortSignal): Promise<readonly Parked[]> => {
    if (items.length === 0) return [];
    const answer = await post('/services/collector/event', items.map((item) => eventOf(spec, item)).join('\n'), headers, signal);
    const { ackId, code, bad } = readAnswer(answer);
    if (answer.status === 200) {
      if (spec.acknowledge) await acknowledged(ackId, (body) => post(`/services/collector/ack?channel=${channel}`, body, headers, signal), signal);
      return [];
    }
    const message = `splunk: HTTP ${answer.status}${code === undefined ? '' : `, code ${code}`}`;
    if (answer.status !== 400 || !DATA_CODES.has(code)) throw faultOf(message, answer, []);
    const item = bad === undefined || items.length === 1 ? undefined : items[bad];
    if (bad === undefined || item === undefined) throw new SinkFault(message, { kind: 'refused' });
    // What came before the one that it names may be indexed, but nothing acknowledges that.
    return [...(await send(items.slice(0, bad), signal)), { item, reason: message }, ...(await send(items.slice(bad + 1), signal))];
  };
  return { send, close: async () => undefined };
}

function eventOf(spec: SplunkSink, { at, text, event }: Item): string {
  const { index, source = 'sallyport', sourcetype = `sallyport:${spec.format}` } = spec;
  const frame = { time: (at / 1_000).toFixed(3), source, sourcetype, ...(index && { index }), fields: { sallyport_event: event } };
  const body = spec.format === 'cef' ? JSON.stringify(text) : text;
  return `${JSON.stringify(frame).slice(0, -1)},"event":${body}}`;
}

interface HecAnswer {
  readonly ackId: number | undefined;
  readonly code: number | undefined;
  readonly bad: number | undefined;
}

function readAnswer({ json }: Answer): HecAnswer {
  const said: JsonObject = asJson(json);
  const number = (name: string): number | undefined => (Number.isSafeInteger(said[name]) ? Number(said[name]) : undefined);
  return { ackId: number('ackId'), code: number('code'), bad: number('invalid-event-number') };
}

async function acknowledged(ackId: number | undefined, ask: (body: string) => ReturnType<Post>, signal: AbortSignal): Promise<void> {
  if (ackId === undefined) throw new SinkFault('splunk: no ackId (is indexer acknowledgement on for this token?)', { kind: 'gone' });
  const until = performance.now() + LIMITS.sinkAckMs;
  for (let wait = POLL_MS; performance.now() < until; wait = Math.min(wait * 2, POLL_MS_MAX)) {
    const answer = await ask(JSON.stringify({ acks: [ackId] }));
    if (answer.status !== 200) throw faultOf(`splunk acknowledgement: HTTP ${answer.status}`, answer, []);
    const { acks } = asJson(answer.json);
    if (isObject(acks) && acks[String(ackId)] === true) return;
    await Bun.sleep(wait);
    if (signal.aborted) throw new SinkFault('stopped');
  }
  throw new SinkFault('splunk: not indexed in time');
}
