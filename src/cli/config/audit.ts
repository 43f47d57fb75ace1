import { homedir } from 'node:os';
import { relative } from 'node:path';
import { entryFindings } from '../../client-files/audit/entry-findings.ts';
import type { EntryKnowledge } from '../../client-files/audit/entry-findings.ts';
import { fileFindings } from '../../client-files/audit/file-findings.ts';
import { instructionFindings } from '../../client-files/audit/instructions.ts';
import { found } from '../../client-files/audit/rules.ts';
import type { AuditFinding } from '../../client-files/audit/rules.ts';
import { pointerOf } from '../../client-files/audit/secrets.ts';
import { readClientFile } from '../../client-files/file.ts';
import { valueAt } from '../../client-files/read/entries.ts';
import { readLeniently } from '../../client-files/read/lenient.ts';
import type { Locate } from '../../client-files/read/region.ts';
import { readServers } from '../../client-files/read/servers.ts';
import { carriedBy } from '../../client-files/runs/carriers.ts';
import { knownClient } from '../../client-files/table/table.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Unseen } from '../../domain/observation.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { showHidden } from '../../domain/hidden.ts';
import { declaredAs } from '../../registry/imported.ts';
import { jsonText } from '../command.ts';
import { currentKnowledge } from '../knowledge/current.ts';
import { ownPrograms } from '../own-program.ts';
import { withProgress } from '../progress.ts';
import type { ScanFinding } from '../scan/judge.ts';
import { rankOf } from '../scan/judge.ts';
import { ruleInfo } from '../scan/rules.ts';
import { toSarif } from '../scan/sarif.ts';
import { FOUND, thresholdOf, UNREAD } from '../scan/threshold.ts';
import { plain, table } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { filesToAudit } from './audit-files.ts';
import type { FileToAudit } from './audit-files.ts';
import { hasGate } from './file-acts.ts';
import { findSecretSpans, seeInstructions } from './find-secrets.ts';
import { openFingerprints } from './fingerprint.ts';
import { serversAtGate } from './seal-gate.ts';

const TOOL = { name: 'sallyport config audit', version: '1.0.0', help: 'Nothing of a file was started or evaluated; see docs/client-files.md.' };

/** What is wrong with the files that tell agents what they can do: theirs, and who may read and write them. */
export const audit: Verb = {
  usage: 'audit [FILE|FOLDER]... [--json | --sarif] [--all] [--fail-on low|medium|high|critical|never]',
  options: { sarif: { type: 'boolean' }, all: { type: 'boolean' }, 'fail-on': { type: 'string' } },
  run: async (call) => {
    const { options, io } = call;
    const threshold = thresholdOf({ usage: `config ${audit.usage}` }, options);
    const { files, unseen } = await filesToAudit(options.positionals, io);
    const knowledge = await knowledgeFor(call);
    const all: ScanFinding[] = [];
    await withProgress(io, `auditing ${files.length} files`, async () => {
      for (const file of files) all.push(...await auditFile(file, knowledge, call));
    });
    const findings = all.toSorted((a, b) => rankOf(b.severity) - rankOf(a.severity));
    const skipped = unseen.map(({ place, reason }) => ({ name: place, reason, failed: true }));
    if (options.flag('sarif')) io.out(`${jsonText(toSarif(findings.map((one) => ({ ...one, from: inCwd(one.from, io.cwd) })), skipped, TOOL), 2)}\n`);
    else if (options.json) {
      const told = findings.map(({ region, ...one }) => ({ ...one, at: [...one.at], ...(region === undefined ? {} : { region: { ...region } }) }));
      const isCompared = knowledge.standingOf !== undefined;
      const looked = { files: files.map((one) => ({ ...one })), unseen: unseen.map((one) => ({ ...one })) };
      io.out(`${jsonText({ ...looked, findings: told, gate: isCompared }, 2)}\n`);
    } else io.out(describe(files.length, findings, unseen, knowledge, options.flag('all')));
    if (findings.some(({ severity }) => threshold !== undefined && rankOf(severity) >= threshold)) return FOUND;
    return unseen.length > 0 || findings.some(({ rule }) => rule === 'file/unread' || rule === 'file/broken' || rule === 'config/unread') ? UNREAD : 0;
  },
};

/** Where a file was named within the folder that one is in, code hosts know it. */
function inCwd(file: string, cwd: string): string {
  const within = relative(cwd, file);
  return within.startsWith('..') ? file : within;
}

async function knowledgeFor(call: Call): Promise<EntryKnowledge> {
  const { advisoriesFor } = await currentKnowledge(call.client);
  const declared = hasGate(call.client) ? await serversAtGate(call).catch((error: unknown) => {
    if (!(error instanceof SallyportError)) throw error;
    call.io.note(`The gate could not be asked what it has: ${error.message}`);
    return undefined;
  }) : undefined;
  return {
    findSpans: findSecretSpans, fingerprintOf: await openFingerprints(call.client.home), home: call.io.env['HOME'] ?? homedir(),
    advisoriesFor: (ecosystem, name, version) => advisoriesFor(ecosystem, name, version).map(({ id, severity: said, summary, certainty, fixedIn }) => {
      const severity = SEVERITIES.find((one) => one === said.toLowerCase()) ?? 'medium';
      return { id, severity, summary, isSure: certainty === 'affected', ...(fixedIn === undefined ? {} : { fixedIn }) };
    }),
    // What is in the registry and yet in the file goes around the gate: what goes through it is not asked about.
    ...(declared === undefined ? {} : { standingOf: (server) => (declaredAs(server, declared, carriedBy) === undefined ? 'unknown' : 'bypassing') }),
  };
}

const nowhere: Locate = () => undefined;

async function auditFile(file: FileToAudit, knowledge: EntryKnowledge, call: Call): Promise<readonly ScanFinding[]> {
  if (file.use === 'opaque') return [];
  let text: string;
  try {
    ({ text } = await readClientFile(file.path));
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return [scanned(found('file/unread', { file: file.path }, showHidden(error.message)), nowhere)];
  }
  const read = file.use === 'instructions' || file.use === 'code' ? { findings: judgeText(file, text), locate: nowhere } : judgeServers(file, text, knowledge);
  const holdsSecrets = read.findings.some(({ rule }) => rule === 'config/secret' || rule === 'file/tokens' || rule.startsWith('secrets/'));
  const owner = process.getuid?.() ?? 0;
  const around = await fileFindings({ file: file.path, holdsSecrets, owner, hasSecrets: (other) => findSecretSpans(other).length > 0 });
  const ended = knownClient(file.client)?.ended;
  const late = ended === undefined ? [] : [found('file/end-of-life', { file: file.path }, `${file.client}, since ${ended}`)];
  if (call.io.signal.aborted) throw new SallyportError('ERR_USAGE', 'the audit was ended');
  return [...read.findings, ...around, ...late].map((finding) => scanned(finding, read.locate));
}

function judgeText(file: FileToAudit, text: string): readonly AuditFinding[] {
  const code = file.use === 'code' ? [found('file/code', { file: file.path })] : [];
  return [...code, ...instructionFindings(file.path, seeInstructions(text), (rule) => ruleInfo(rule)?.what)];
}

interface Judged {
  readonly findings: readonly AuditFinding[];
  readonly locate: Locate;
}

function judgeServers(file: FileToAudit, text: string, knowledge: EntryKnowledge): Judged {
  const { path, client, scope, project } = file;
  const { json, locate, also, faults } = readLeniently(text, path);
  const source = { client, file: path, scope, ...(project === undefined ? {} : { project }), gates: ownPrograms() };
  const broken = faults.map(({ line, reason }) => found('file/broken', { file: path }, `line ${line}: ${reason}`));
  const findings = [{ json, locate }, ...also].flatMap((document) => {
    const { servers, unread } = readServers(document, source);
    return [
      ...servers.flatMap((server) => entryFindings(server, valueAt(document.json, server.at) ?? null, knowledge)),
      ...unread.map(({ name, line, reason }) => found('config/unread', { file: path, server: name }, `line ${line}: ${reason}`)),
    ];
  });
  const tokens = file.use === 'tokens' && findSecretSpans(json).length > 0 ? [found('file/tokens', { file: path })] : [];
  return { findings: [...broken, ...findings, ...tokens], locate };
}

/** The same shape as a scan's, so that tables and SARIF are one. */
function scanned({ rule, severity, file, server, at, message, remedy, fingerprint }: AuditFinding, locate: Locate): ScanFinding {
  const region = at.length === 0 ? undefined : locate(at);
  return {
    rule, severity, server: showHidden(server), from: file, item: '', at: at.length === 0 ? [] : [showHidden(pointerOf(at))], message, excerpt: '', remedy,
    ...(region === undefined ? {} : { region }), ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

const ROWS_MAX = 200;

function describe(
  count: number, findings: readonly ScanFinding[], unseen: readonly Unseen[], knowledge: EntryKnowledge, all: boolean,
): string {
  const news = all ? findings : findings.filter(({ severity }) => rankOf(severity) > rankOf('low'));
  const rows = (all ? news : news.slice(0, ROWS_MAX)).map(({ severity, rule, server, from, message, remedy = '', region }) =>
    [severity, rule, `${from}${region === undefined ? '' : `:${region.startLine}`}${server === '' ? '' : ` ${server}`}`, message, remedy]);
  const weak = findings.length - news.length;
  return [
    rows.length === 0 ? '' : table(['severity', 'finding', 'where', 'what it means', 'what helps'], rows),
    ...unseen.map(({ place, reason }) => `${plain(place)}: NOT LOOKED AT: ${plain(reason)}\n`),
    `${count === 1 ? '1 file' : `${count} files`} looked at, ${findings.length === 1 ? '1 finding' : `${findings.length} findings`}.\n`,
    ...(knowledge.standingOf === undefined ? ['No gate is set up here: nothing was compared with a registry.\n'] : []),
    weak === 0 ? '' : `${weak === 1 ? '1 weaker one is' : `${weak} weaker ones are`} not shown (--all).\n`,
  ].join('');
}
