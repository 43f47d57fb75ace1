import { SinkFault, toSinkFault } from './sink.ts';
import type { Item, Parked, Sink } from './sink.ts';

/**
 * Hands over a batch, in order. What is too large, or refused as a whole, is halved until the records that can't be taken are
 * alone. They are given back as parked only when the destination took others: one that refuses everything is itself what
 * is broken, and then nothing is left out. Throws `SinkFault`; then the whole batch is to be sent again.
 */
export async function deliver(sink: Sink, items: readonly Item[], signal: AbortSignal): Promise<readonly Parked[]> {
  const refused: SinkFault[] = [];
  const parked = await part(sink, items, signal, refused);
  const [fault] = refused;
  if (fault !== undefined && parked.length === items.length) throw new SinkFault(`${fault.message} (nothing is taken)`);
  return parked;
}

async function part(sink: Sink, items: readonly Item[], signal: AbortSignal, refused: SinkFault[]): Promise<readonly Parked[]> {
  try {
    return await sink.send(items, signal);
  } catch (error) {
    const fault = toSinkFault(error);
    const [item] = items;
    if (fault.kind !== 'too-large' && fault.kind !== 'refused') throw fault;
    if (items.length === 1 && item !== undefined) {
      refused.push(fault);
      return [{ item, reason: fault.message }];
    }
    const half = Math.ceil(items.length / 2);
    const first = await part(sink, items.slice(0, half), signal, refused);
    return [...first, ...(await part(sink, items.slice(half), signal, refused))];
  }
}
