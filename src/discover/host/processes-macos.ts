import type { HostTable, ListeningSocket, RunningProcess } from './process-table.ts';

/** Runs one of the system's own programs and gives what it printed. */
export type AskSystem = (argv: readonly string[]) => Promise<string>;

const WHO = '-o pid=,ppid=,uid=,lstart=,tty=,comm=';

/**
 * Reads what runs on macOS from its own `ps` and `lsof`: fixed programs with fixed arguments. Without root, `lsof` shows the
 * user's own sockets only.
 */
export async function readMacos(ask: AskSystem): Promise<HostTable> {
  const [who, lines, folders, sockets] = await Promise.all([
    ask(['/bin/ps', '-axww', ...WHO.split(' ')]),
    ask(['/bin/ps', '-axww', '-o', 'pid=,command=']),
    ask(['/usr/sbin/lsof', '-a', '-d', 'cwd,0,1', '-F', 'pftn']),
    ask(['/usr/sbin/lsof', '-nP', '-iTCP', '-sTCP:LISTEN', '-F', 'pn']),
  ]);
  const details = detailsOf(folders);
  const processes = processesOf(who, lines).map((each) => ({ ...each, ...details.get(each.pid) }));
  const hidden = processes.filter(({ pid }) => !details.has(pid)).length;
  return {
    processes, sockets: listeningOf(sockets),
    unseen: hidden === 0 ? [] : [{ place: '/usr/sbin/lsof', reason: `folders and sockets of ${hidden} processes of other users; root sees them` }],
  };
}

const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s+(\S+)\s+(.+)$/;

function processesOf(who: string, lines: string): readonly RunningProcess[] {
  const commands = new Map(lines.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s(.*)$/.exec(line);
    return match === null ? [] : [[Number(match[1]), match[2] ?? ''] as const];
  }));
  return who.split('\n').flatMap((line) => {
    const [, pid, parent, user, started, terminal, program = ''] = ROW.exec(line) ?? [];
    if (pid === undefined || started === undefined) return [];
    const startedAt = Math.floor(Date.parse(started) / 1000);
    if (!Number.isFinite(startedAt)) return [];
    return [{
      pid: Number(pid), parent: Number(parent), user: Number(user), startedAt, hasTerminal: terminal !== '??',
      argv: wordsOf(commands.get(Number(pid)) ?? program, program), ...(program.startsWith('/') && { program }),
    }];
  });
}

/** The program's path may hold spaces, and is known; what follows it is cut at spaces, as `ps` has lost where arguments end. */
function wordsOf(command: string, program: string): readonly string[] {
  const rest = command.startsWith(program) ? command.slice(program.length) : undefined;
  const words = (rest ?? command).split(' ').filter((word) => word !== '');
  return rest === undefined ? words : [program, ...words];
}

interface Details {
  readonly folder?: string;
  readonly isPiped?: boolean;
}

/** Of `lsof -F pftn`: a line a field, `p` opens a process, `f` a file of it. */
function detailsOf(text: string): ReadonlyMap<number, Details> {
  const found = new Map<number, { folder?: string; types: string[] }>();
  let [current, file]: [{ folder?: string; types: string[] } | undefined, string] = [undefined, ''];
  for (const line of text.split('\n')) {
    const [field, value] = [line.charAt(0), line.slice(1)];
    if (field === 'p') {
      current = { types: [] };
      found.set(Number(value), current);
    } else if (field === 'f') file = value;
    else if (field === 't' && file !== 'cwd') current?.types.push(value);
    else if (field === 'n' && file === 'cwd' && current !== undefined) current.folder = value;
  }
  return new Map([...found].map(([pid, { folder, types }]) => [pid, {
    ...(folder !== undefined && { folder }),
    ...(types.length >= 2 && { isPiped: types.every((type) => type === 'PIPE' || type === 'unix') }),
  }]));
}

function listeningOf(text: string): readonly ListeningSocket[] {
  const found = new Map<string, ListeningSocket>();
  let pid: number | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('p')) pid = Number(line.slice(1));
    const match = /^n(.+):(\d+)$/.exec(line);
    if (match === null || pid === undefined) continue;
    const [, bound = '', port = ''] = match;
    const address = bound === '*' ? '0.0.0.0' : bound.replaceAll(/[[\]]/g, '');
    found.set(`${pid} ${address} ${port}`, { address, port: Number(port), pid, isApart: false });
  }
  return [...found.values()];
}
