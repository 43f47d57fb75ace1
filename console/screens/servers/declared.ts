/** What is typed of a new server, before it is one. */
export interface Declared {
  readonly id: string;
  readonly owner: string;
  readonly transport: string;
  readonly url: string;
  readonly command: string;
  readonly env: string;
  readonly allowPrivate: boolean;
  readonly hosting: string;
  readonly vendor: string;
  readonly tier: string;
  readonly confidentiality: string;
  readonly categories: readonly string[];
  readonly trusted: boolean;
  readonly header: string;
  readonly secret: string;
}

/** The defaults of sallyport.yaml and of the command line. */
export const EMPTY: Declared = {
  id: '', owner: '', transport: 'http', url: '', command: '', env: '', allowPrivate: false, hosting: 'self', vendor: '', tier: 'internal',
  confidentiality: 'confidential', categories: [], trusted: false, header: '', secret: '',
};

/** As `POST /servers` takes it; control checks every field. */
export function newServer(typed: Declared): object {
  const { id, owner, hosting, vendor, tier, confidentiality, categories, trusted, header, secret } = typed;
  return {
    id, owner, endpoint: endpointOf(typed), hosting, tier, ...(isVendors(typed) ? { vendor } : {}),
    labels: { confidentiality, categories, integrity: trusted ? 'trusted' : 'untrusted' },
    credentials: header === '' ? { type: 'none' } : { type: 'header', header, secret }, tools: {},
  };
}

function endpointOf({ transport, url, command, env, allowPrivate }: Declared): object {
  if (transport !== 'stdio') return { transport, url, allowPrivate };
  const [program = '', ...args] = wordsOf(command);
  return { transport, launch: { command: program, args, env: Object.fromEntries(pairsOf(env)), shared: false } };
}

/** The same, without `sallyport`. */
export function commandOf(typed: Declared): readonly string[] {
  const { id, owner, transport, url, command, env, allowPrivate, hosting, vendor, tier, confidentiality, categories, trusted, header, secret } = typed;
  const isLocal = transport === 'stdio';
  return [
    'server', 'add', id, ...(isLocal ? [] : ['--url', url]), ...(transport === 'sse' ? ['--sse'] : []),
    ...(!isLocal && allowPrivate ? ['--allow-private'] : []),
    '--owner', owner, '--hosting', hosting, ...(isVendors(typed) ? ['--vendor', vendor] : []), '--tier', tier, '--confidentiality', confidentiality,
    ...categories.flatMap((one) => ['--category', one]), ...(trusted ? ['--trusted'] : []), ...(header === '' ? [] : ['--header', header, '--secret', secret]),
    ...(isLocal ? [...pairsOf(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]), '--', ...wordsOf(command)] : []),
  ];
}

function isVendors({ hosting, vendor }: Declared): boolean {
  return hosting !== 'self' && vendor !== '';
}

function pairsOf(lines: string): readonly (readonly [name: string, value: string])[] {
  return lines.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
}

/** Words as a shell would divide them by spaces and quotes; nothing else of a shell is there. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}
