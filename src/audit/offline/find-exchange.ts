import { REST_AT, positionIn, provesItself } from '../line.ts';
import { listSegments, readLines } from '../segments.ts';

/**
 * Positions of the records of an exchange, found by reading all lines: for a folder without its index. Erased records name
 * no exchange any more, and are not found.
 */
export async function findExchange(dir: string, exchange: string): Promise<readonly number[]> {
  const wanted = Buffer.from(`"exchange":${JSON.stringify(exchange)}`);
  const found: number[] = [];
  for (const { file } of listSegments(dir)) {
    for await (const lines of readLines(file)) {
      for (const { bytes, whole } of lines) {
        if (!whole || bytes.indexOf(wanted, REST_AT) === -1 || !provesItself(bytes, 0, bytes.length)) continue;
        if (isOf(bytes, exchange)) found.push(positionIn(bytes, 0));
      }
    }
  }
  return found;
}

/** The bytes may stand in a text of another record. */
function isOf(line: Buffer, exchange: string): boolean {
  const { record }: { readonly record: { readonly exchange?: unknown } } = JSON.parse(line.toString());
  return record.exchange === exchange;
}
