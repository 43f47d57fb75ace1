import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { readHead, sealHead } from './entry.ts';
import { overwrite } from './erase.ts';
import { listSegments, readLines } from './segments.ts';

/**
 * Takes calls that were open when a segment began out of its first line, which carries them so that a start reads one segment:
 * they name people as records do. Its length stays, and with it every place in the segment.
 */
export async function forgetOpenCalls(dir: string, isGone: (call: JsonObject, segment: number) => boolean): Promise<void> {
  for (const { file, first } of listSegments(dir)) {
    const line = await firstLine(file);
    const head = line === undefined ? undefined : readHead(line);
    const standing = isObject(head?.standing) ? head.standing : {};
    const open = isArray(standing['open']) ? standing['open'] : [];
    const left = open.filter((call) => !isObject(call) || !isGone(call, first));
    if (line === undefined || head === undefined || left.length === open.length) continue;
    const text = sealHead({ ...head, standing: { ...standing, open: left } }, line.length);
    overwrite(dir, [{ file, offset: 0, text: text.toString('base64') }]);
  }
}

async function firstLine(file: string): Promise<Buffer | undefined> {
  for await (const [line] of readLines(file)) return line === undefined ? undefined : Buffer.from(line.bytes);
  return undefined;
}
