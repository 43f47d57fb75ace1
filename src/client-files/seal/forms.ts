/** What of an entry a client fills in from its environment. */
type Filled = 'env' | 'args' | 'headers' | 'url';

/** How a client says in its file that a text stands in a variable of its environment. */
export interface ReferenceForm {
  readonly fills: readonly Filled[];
  write(variable: string): string;
}

const EVERYWHERE: readonly Filled[] = ['env', 'args', 'headers', 'url'];
const DOLLAR = { fills: EVERYWHERE, write: (variable: string) => `\${${variable}}` };
const DOLLAR_ENV = { fills: EVERYWHERE, write: (variable: string) => `\${env:${variable}}` };
const BRACE_ENV = { fills: EVERYWHERE, write: (variable: string) => `{env:${variable}}` };

/**
 * The clients whose own documents say that they do (or that were seen to do so), by their ids in the table of clients. One that
 * is not here would be sent the reference as it stands.
 */
const FORMS: Readonly<Record<string, ReferenceForm>> = {
  'claude-code': DOLLAR, 'github-copilot-cli': { ...DOLLAR, fills: ['env', 'args', 'headers'] },
  'gemini-cli': DOLLAR, 'qwen-code': DOLLAR, librechat: DOLLAR, crush: DOLLAR, mcporter: DOLLAR,
  cursor: DOLLAR_ENV, windsurf: DOLLAR_ENV, 'roo-code': { ...DOLLAR_ENV, fills: ['env', 'args'] },
  vscode: DOLLAR_ENV, 'vscode-insiders': DOLLAR_ENV, 'vscode-server': DOLLAR_ENV,
  opencode: BRACE_ENV, 'kilo-code': BRACE_ENV,
};

export function formOf(client: string): ReferenceForm | undefined {
  return Object.hasOwn(FORMS, client) ? FORMS[client] : undefined;
}

/** In which of them a value of an entry stands, by the names that clients have for them; undefined: in none that any fills in. */
export function fieldOf(name: string | number | undefined): Filled | undefined {
  return typeof name === 'string' && Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
}

const FIELDS: Readonly<Record<string, Filled>> = {
  env: 'env', envs: 'env', environment: 'env', args: 'args', headers: 'headers', http_headers: 'headers', requestOptions: 'headers', requestInit: 'headers',
  url: 'url', serverUrl: 'url', httpUrl: 'url', uri: 'url',
  // Where a command is one list, the arguments are in it.
  command: 'args',
};
