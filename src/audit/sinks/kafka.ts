import { ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';
import type { KafkaSink } from '../../domain/sink.ts';
import { checkCleartext, socketTlsOf } from './leg.ts';
import { SinkFault } from './sink.ts';
import type { Item, Sink } from './sink.ts';

/** What a broker says of the records and not of itself: one of them is too large, or is no record to it. */
const KINDS: Readonly<Record<string, 'too-large' | 'refused'>> = {
  MESSAGE_TOO_LARGE: 'too-large', RECORD_LIST_TOO_LARGE: 'too-large', INVALID_RECORD: 'refused', CORRUPT_MESSAGE: 'refused',
};

/**
 * An idempotent producer that waits for all in-sync replicas, one batch at a time, so that what the client sends again by
 * itself is neither doubled nor out of order. Under the key `log` everything is in one partition, and so in the log's order.
 */
export function openKafka(spec: KafkaSink, name: string): Sink {
  if (!spec.tls) for (const broker of spec.brokers) checkCleartext(broker.slice(0, broker.lastIndexOf(':')), spec, Date.now());
  const { sasl, compression } = spec;
  const producer = new Producer({
    clientId: 'sallyport', bootstrapBrokers: [...spec.brokers], serializers: stringSerializers, idempotent: true, acks: ProduceAcks.ALL, retries: 2,
    timeout: spec.timeoutMs, connectTimeout: spec.timeoutMs, requestTimeout: spec.timeoutMs, maxInflights: 1, autocreateTopics: false,
    ...(spec.tls ? { tls: { ...socketTlsOf(spec) }, tlsServerName: true } : {}),
    ...(sasl && { sasl: { ...sasl } }),
    ...(compression === 'none' ? {} : { compression }),
  });
  return {
    send: async (items) => {
      await producer.send({ messages: items.map((item) => messageOf(spec, name, item)), acks: ProduceAcks.ALL, idempotent: true }).catch(fail);
      return [];
    },
    close: async () => {
      await producer.close(true).catch(() => undefined);
    },
  };
}

type Message = Parameters<Producer<string, string, string, string>['send']>[0]['messages'][number];

function messageOf({ topic, key }: KafkaSink, name: string, { context, at, text, id, event }: Item): Message {
  return { topic, key: key === 'context' && context !== '' ? context : name, value: text, timestamp: BigInt(at), headers: { id, event } };
}

/** The client wraps what a broker said; only names of the protocol's own table are taken from it. */
function fail(error: unknown): never {
  const names = namesIn(error, 0);
  const name = names.find((one) => one in KINDS) ?? names.find((one) => !one.startsWith('PLT_KFK_')) ?? names[0] ?? 'fault';
  const kind = KINDS[name];
  throw new SinkFault(`kafka: ${name}`, kind === undefined ? {} : { kind });
}

function namesIn(error: unknown, depth: number): readonly string[] {
  if (!(error instanceof Error) || depth > 8) return [];
  const own = ['apiId', 'code'].flatMap((field) => {
    const value: unknown = Reflect.get(error, field);
    return typeof value === 'string' && /^[A-Z][A-Z0-9_]{1,80}$/.test(value) ? [value] : [];
  });
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return [...inner.flatMap((one) => namesIn(one, depth + 1)), ...namesIn(error.cause, depth + 1), ...own];
}
