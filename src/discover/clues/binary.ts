import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { LIMITS } from '../../domain/limits.ts';

/** What libraries leave in a compiled program: module paths of Go, source paths of Rust, names of classes and assemblies, bundled packages. */
const MARKS: readonly (readonly [string, string])[] = [
  ['github.com/modelcontextprotocol/go-sdk', 'go-sdk'], ['github.com/mark3labs/mcp-go', 'mcp-go'], ['github.com/metoro-io/mcp-golang', 'mcp-golang'],
  ['io/modelcontextprotocol/', 'Java SDK'], ['ModelContextProtocol.Core', 'C# SDK'], ['@modelcontextprotocol/sdk', 'TypeScript SDK'],
  ['@modelcontextprotocol/server', 'TypeScript SDK'], ['rust-mcp-sdk', 'Rust SDK'],
];
const RUST = /\brmcp-\d+\.\d+\.\d+[\w.-]*\/src\//;
const CHUNK = 4 * 1024 * 1024;
/** A mark that lies across two parts is seen in the next. */
const OVERLAP = 128;

/** The library of the protocol that is compiled into a program or an archive; undefined: none was found in what may be read of it. */
export function sdkInBinary(path: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return undefined;
    const buffer = Buffer.alloc(Math.min(CHUNK, found.size) + OVERLAP);
    let kept = 0;
    for (let at = 0; at < Math.min(found.size, LIMITS.hostBinaryBytesMax);) {
      const count = readSync(handle, buffer, kept, buffer.byteLength - kept, at);
      if (count === 0) return undefined;
      const part = buffer.subarray(0, kept + count);
      const mark = MARKS.find(([text]) => part.includes(text, 0, 'latin1'));
      if (mark !== undefined) return mark[1];
      if (part.includes('rmcp-', 0, 'latin1') && RUST.test(part.toString('latin1'))) return 'rmcp';
      kept = Math.min(OVERLAP, part.byteLength);
      buffer.copy(buffer, 0, part.byteLength - kept, part.byteLength);
      at += count;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(handle);
  }
}
