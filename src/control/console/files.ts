import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';

export type Encoding = 'br' | 'gzip' | 'identity';

/** One file of the console, in memory: what is changed on disk later is another console, which the next start serves. */
export interface ConsoleFile {
  readonly type: string;
  /** Digest of its bytes. */
  readonly digest: string;
  /** Whether its name changes whenever its bytes do. */
  readonly isHashed: boolean;
  /** Whether it is text, which is worth compressing. */
  readonly isText: boolean;
  /** Its bytes in a form; each is made once. */
  as(encoding: Encoding): Promise<Uint8Array>;
}

/** By its path below the console, without a slash in front; `index.html` is there. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

/** What browsers are told that a file is. What is of no such kind is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
  '.json': 'application/json', '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json',
  '.png': 'image/png', '.webp': 'image/webp', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
};
const BINARY: ReadonlySet<string> = new Set(['.png', '.webp', '.ico', '.woff2']);

/** Where the build puts what it names by its digest. */
const HASHED = 'assets/';
const INDEX = 'index.html';
const BROTLI_QUALITY = 9;

/**
 * Reads what `scripts/console` built, whole, and tells its page that it stands below `base` (a path without a slash at its end).
 * Throws `ERR_CONSOLE_MISSING`.
 */
export function readConsole(folder: string, base: string): ConsoleFiles {
  const files = new Map<string, ConsoleFile>();
  let bytes = 0;
  for (const name of namesIn(folder)) {
    const type = name.startsWith('.') ? undefined : TYPES[extname(name)];
    const path = join(folder, name);
    if (type === undefined || !lstatSync(path).isFile()) continue;
    const content = name === INDEX ? based(readFileSync(path, 'utf8'), base) : readFileSync(path);
    bytes += content.byteLength;
    if (bytes > LIMITS.consoleBytesMax || files.size >= LIMITS.consoleFilesMax) throw missing('what is there is too large to be it');
    files.set(name, fileOf(name, type, content));
  }
  if (!files.has(INDEX)) throw missing('it was not built');
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    throw missing('it was not built', cause);
  }
}

export function missing(why: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_CONSOLE_MISSING', `The console is not here: ${why}.`, {
    remedy: 'In the folder of Sallyport run scripts/console, then start control again.', cause,
  });
}

function fileOf(name: string, type: string, content: Uint8Array): ConsoleFile {
  const forms = new Map<Encoding, Promise<Uint8Array>>([['identity', Promise.resolve(content)]]);
  return {
    type, digest: createHash('sha256').update(content).digest('base64url').slice(0, 22), isHashed: name.startsWith(HASHED), isText: !BINARY.has(extname(name)),
    as: (encoding) => {
      const known = forms.get(encoding) ?? compress(content, encoding);
      forms.set(encoding, known);
      return known;
    },
  };
}

function compress(content: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  if (encoding === 'gzip') return promisify(gzip)(content);
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: content.byteLength };
  return promisify(brotliCompress)(content, { params });
}

/** Everything in the page is relative to its `<base>`, so that one build stands below any prefix. */
function based(page: string, base: string): Uint8Array {
  const element = `<base href="${base}/console/">`;
  const without = page.replaceAll(/\s*<base\b[^>]*>/gi, '');
  return Buffer.from(without.replace(/<head\b[^>]*>/i, (head) => `${head}${element}`));
}
