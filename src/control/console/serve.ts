import { SallyportError } from '../../domain/errors.ts';
import { html } from '../../domain/markup.ts';
import { refuse } from '../refuse.ts';
import { page } from '../sign-in/page.ts';
import type { WebRequest } from '../web.ts';
import { missing, readConsole } from './files.ts';
import type { ConsoleFile, ConsoleFiles, Encoding } from './files.ts';

/** The console as one door serves it. */
export interface ConsoleSite {
  answer(web: WebRequest): Promise<Response>;
}

const PREFIX = '/console/';

/** Scripts and styles of ours alone, and nobody else is asked for anything. */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'", "form-action 'self'",
  "base-uri 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
].join('; ');

/** Whether the console answers a path of the door: the root leads to it. */
export function isConsolePath(path: string): boolean {
  return path === '/' || path === '/console' || path.startsWith(PREFIX);
}

/** Reads the console at once; where there is none, its pages say so. `base`: the door's prefix. */
export function openConsoleSite(folder: string, base: string): ConsoleSite {
  const files = readOr(folder, base);
  return {
    answer: async (web) => {
      const { request: { method }, url: { pathname, search } } = web;
      if (method !== 'GET' && method !== 'HEAD') {
        throw new SallyportError('ERR_METHOD_NOT_ALLOWED', 'That is not possible here.', { remedy: 'The console is read with GET; changes go to /api/v1.' });
      }
      if (!pathname.startsWith(PREFIX)) return new Response(undefined, { status: 302, headers: { location: PREFIX + search } });
      return files instanceof SallyportError ? tell(web, files) : serve(web, files);
    },
  };
}

function readOr(folder: string, base: string): ConsoleFiles | SallyportError {
  try {
    return readConsole(folder, base);
  } catch (fault) {
    return fault instanceof SallyportError ? fault : missing('what is there cannot be read', fault);
  }
}

function tell(web: WebRequest, error: SallyportError): Response {
  if (web.url.pathname.startsWith(`${PREFIX}assets/`)) throw error;
  return page(web, {
    title: 'Console', status: refuse(error, () => undefined).status,
    body: html`<h1>No console here</h1><div class="note bad" role="alert"><strong>${error.message}</strong><p>${error.remedy ?? ''}</p></div>
<p class="soft">Everything that it does, <code>sallyport</code> does on the command line. Code <code>${error.code}</code></p>`,
  });
}

async function serve({ request, url }: WebRequest, files: ConsoleFiles): Promise<Response> {
  const path = url.pathname.slice(PREFIX.length);
  const named = path === '' ? undefined : files.get(path);
  // What a page of the console is called is the page's own business; what the build made is there or isn't.
  const file = named ?? (path.startsWith('assets/') ? undefined : files.get('index.html'));
  if (file === undefined) throw new SallyportError('ERR_ROUTE_UNKNOWN', 'There is nothing at this address.');
  return send(request, file, file === files.get('index.html'));
}

async function send(request: Request, file: ConsoleFile, isPage: boolean): Promise<Response> {
  const encoding = file.isText ? encodingFor(request.headers.get('accept-encoding') ?? '') : 'identity';
  const etag = `"${file.digest}-${encoding}"`;
  const headers = new Headers({
    'content-type': file.type, 'content-security-policy': POLICY,
    'cache-control': isPage ? 'no-store' : file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(file.isText ? { vary: 'accept-encoding' } : {}), ...(isPage ? {} : { etag }),
  });
  if (!isPage && isKnown(request.headers.get('if-none-match') ?? '', etag)) return new Response(undefined, { status: 304, headers });
  const bytes = await file.as(encoding);
  headers.set('content-length', String(bytes.byteLength));
  if (encoding !== 'identity') headers.set('content-encoding', encoding);
  return new Response(request.method === 'HEAD' ? undefined : new Uint8Array(bytes), { headers });
}

/** The smallest form that the browser takes (RFC 9110 section 12.5.3); one that it gives the weight 0 it does not. */
function encodingFor(accepted: string): Encoding {
  const taken = new Set(accepted.toLowerCase().split(',').flatMap((one) => {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim());
    return parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)) ? [] : [name];
  }));
  return taken.has('br') ? 'br' : taken.has('gzip') ? 'gzip' : 'identity';
}

/** Weak comparison, as RFC 9110 section 13.1.2 has it. */
function isKnown(given: string, etag: string): boolean {
  return given.trim() === '*' || given.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}
