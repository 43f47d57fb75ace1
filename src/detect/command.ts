import type { Detector, Sight } from '../domain/detector.ts';
import { argumentsOf, executes } from './arguments.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const INJECTION = ['MCP05', 'ASI02', 'ASI05', 'AML.T0053', 'SAFE-T1101', 'MCP-T3'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    'leading-dash': { severity: 'medium', what: 'A value that a program would take for an option.', catalogues: INJECTION },
    metacharacters: { severity: 'high', what: 'A name or address in which a shell would find a command of its own.', catalogues: INJECTION },
    'option-that-executes': { severity: 'critical', what: 'An option by which a harmless program starts another.', catalogues: INJECTION },
  },
} as const satisfies DetectorInfo<'command'>;

/** What names something; no place for sentences, code or commands. */
const NAMES =
  /(?:^|_)(?:id|key|file|filename|path|branch|ref|tag|commit|sha|rev|revision|host|hostname|domain|url|uri|remote|package|version|image|container|pod|namespace|repo|repository|user|username|email|port|ip|address|dir|directory|folder|target|project|bucket|table|column|file_key|node_id)s?$/;
const FREE = /(?:^|_)(?:command|cmd|script|code|args|argv|shell|message|body|text|content|contents|description|title|query|sql|prompt|comment|note|summary|html|markdown|pattern|regex|expression|filter|subject|input|data|value|flags|options|patch|diff)s?$/;
const SUBSTITUTION = /\$\([^)]{1,200}\)?|`[^`]{2,200}`|\$\{IFS\}|<\(|>\(/;
const CHAINING = /(?:^|[^\\])(?:;\s*[a-z./]|&&\s*\S|\|\|\s*\S|\|\s*[a-z./]|&\s*[a-z./]|[\n\r][^\S\n\r]*[a-z./]|>{1,2}\s*[\w./~$])/i;
const OPTION = /^-{1,2}[A-Za-z][\w-]{0,40}(?:[= ][\s\S]{0,500})?$/;
/** Options of everyday programs that run what they are given (git, tar, find, ssh, curl, rsync, node, npx). */
const EXECUTING_OPTION =
  /^(?:--(?:upload-pack|receive-pack|exec(?:-path)?|open-files-in-pager|ext-diff|textconv|checkpoint-action|to-command|use-compress-program|rsh|rsync-path|eval|call|node-options|output)(?:[= ]|$)|-(?:c core\.\w+|o ?ProxyCommand|oProxyCommand|exec(?:dir)?\b|e ))|(?:^|\s)-o ?(?:ProxyCommand|LocalCommand|PermitLocalCommand)|^-c\s*(?:core\.|alias\.|protocol\.|credential\.|diff\.external)|^ext::/i;
const CHARS_MAX = 1_024;

/** Values that become part of a command line (CVE-2025-53967, CVE-2025-68144): names hold no shell. */
export const detector: Detector = {
  id: 'command',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('command', info);
    const runs = executes(sight);
    for (const { view, key, text } of argumentsOf(sight)) {
      if (text.length > CHARS_MAX || FREE.test(key)) continue;
      const isName = NAMES.test(key) || CALLED.test(key);
      if (EXECUTING_OPTION.test(text)) report.add('option-that-executes', view, 0, text.length);
      else if ((isName || runs) && OPTION.test(text)) report.add('leading-dash', view, 0, text.length);
      if ((isName || (runs && !/\s\S+\s/.test(text))) && shellIn(key, text)) report.add('metacharacters', view, 0, text.length);
    }
    return report.findings();
  },
};

/** People and things are called what people like: there only a substitution is a command. */
const CALLED = /^(?:name|full_name|display_name|first_name|last_name|company|project|label|user|username)$/;

/** In an address `&` and `;` are separators, and `#` and `?` too: there only what no address holds counts. */
function shellIn(key: string, text: string): boolean {
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\/\S*$/i.test(text) || /(?:^|_)ur[il]s?$/.test(key);
  return SUBSTITUTION.test(text) || (!isAddress && !CALLED.test(key) && CHAINING.test(text));
}
