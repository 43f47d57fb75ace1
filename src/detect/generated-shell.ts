import type { Detector, Sight } from '../domain/detector.ts';
import { argumentsOf } from './arguments.ts';
import { parseShell } from './shell-line.ts';
import type { Command, Line } from './shell-line.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const RUNNING = ['MCP05', 'ASI05', 'AML.T0053', 'SAFE-T1101', 'MCP-T3'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    'pipe-to-shell': { severity: 'critical', what: 'A command that runs what it has just fetched or decoded.', catalogues: [...RUNNING, 'AML.T0011.002'] },
    'reverse-shell': { severity: 'critical', what: 'A command that hands a shell to somebody on the net.', catalogues: [...RUNNING, 'AML.T0108'] },
    uploads: { severity: 'high', what: 'A command that sends files or what it was told to another machine.',
      catalogues: [...RUNNING, 'AML.T0025', 'SAFE-T1913'] },
    destructive: { severity: 'high', what: 'A command that deletes or overwrites beyond repair.', catalogues: [...RUNNING, 'AML.T0101', 'SAFE-T2101'] },
    privilege: { severity: 'medium', what: 'A command that runs as somebody else, or widens what anybody may do.', catalogues: [...RUNNING, 'ASI03'] },
    persistence: { severity: 'high', what: 'A command that makes something run again later.', catalogues: [...RUNNING, 'AML.T0081'] },
    credentials: { severity: 'high', what: 'A command that reads what credentials are kept in.',
      catalogues: [...RUNNING, 'MCP01', 'SAFE-T1502', 'SAFE-T1503'] },
    evaluates: { severity: 'medium', what: 'A command that runs a text as a program.', catalogues: RUNNING },
    substitution: { severity: 'low', what: 'A command with another command inside.', catalogues: RUNNING },
    unparsable: { severity: 'medium', what: 'A command whose quotes are never closed.', catalogues: RUNNING },
  },
} as const satisfies DetectorInfo<'generated-shell'>;

type RuleName = keyof (typeof info)['rules'];

const KEY = /(?:^|_)(?:command|cmd|commands|shell|bash|script|command_line|cmdline|shell_command|run|powershell)(?:$|_)/;
const SHELLS = /^(?:sh|bash|zsh|dash|ash|ksh|fish|python[\d.]*|perl|ruby|node|bun|deno|php|pwsh|powershell|iex|source|osascript)$/;
const FETCHES = /^(?:curl|wget|fetch|aria2c|iwr|invoke-webrequest|invoke-restmethod|certutil|bitsadmin|base64|openssl|xxd|nc|ncat)$/;
const ASKS = /^(?:nslookup|dig|host|drill|ping)$/;
/** A word that may be an address. */
const HOST = /^(?:https?:\/\/\S|(?![A-Z]{3,7}$)[\w[][\w.:\]-]{0,253}(?:\/|$))/;
/** An address of this machine: what goes there is uploaded nowhere. */
const HERE = /^(?:https?:\/\/)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d{1,5})?(?:\/|$)/i;
/** Options by which an address leads elsewhere than it says. */
const LED = /^--(?:proxy|preproxy|socks|resolve|connect-to|config|url)|^-[xK]/;
const READS = /^(?:cat|head|tail|env|printenv|history|tar|gzip|base64|base32|xxd|od)$/;
const REVERSE = /\/dev\/(?:tcp|udp)\/|\b(?:nc|ncat|netcat)\b[^\n|;]{0,80}\s-(?:[a-z]*e|c)\b|socket\.socket\([^\n]{0,300}(?:dup2|subprocess|pty\.spawn)|\bsocat\b[^\n]{0,120}\bexec:|mkfifo\s[^\n]{0,120}\|\s*(?:nc|ncat|telnet)\b|bash\s+-i\s+[>&]/i;
const CREDENTIALS = /(?:^|[\s/"'=@~])(?:\.ssh\/(?:id_\w+|\*)|\.aws\/credentials|\.kube\/config|\.docker\/config\.json|\.netrc|\.git-credentials|\.npmrc|\.pypirc|\.env(?:\.(?!example|sample|template|dist)\w+)?(?=$|[\s"';|&)])|\.gnupg|\.config\/gcloud|\/etc\/shadow|id_rsa|id_ed25519|\/proc\/(?:self|\d+)\/environ)|\bsecurity\s+(?:find-generic-password|dump-keychain)|\bgh\s+auth\s+token|\baws\s+configure\s+(?:get|export-credentials)|\bgcloud\s+auth\s+print|\bvault\s+kv\s+get|\bkubectl\s+get\s+secrets?\b/;
const PERSISTENCE = /\bcrontab\s+(?!-l)|\bsystemctl\s+(?:--user\s+)?enable|\blaunchctl\s+(?:load|bootstrap)|\bschtasks\s+\/create|\breg\s+add\b[^\n]{0,200}\\run|\bat\s+now\b|\bupdate-rc\.d|\bgit\s+config\b[^\n]{0,80}\b(?:core\.(?:hookspath|sshcommand|fsmonitor|editor|pager)|alias\.[\w-]{1,40}\s{1,4}["']?!)|\bclaude\s+mcp\s+add|\bcode\s+--add-mcp/i;
const STARTS = /\.(?:bashrc|zshrc|zshenv|profile|bash_profile)$|authorized_keys|\/etc\/(?:cron|profile|rc)/;
const LONG = 8_192;

/** Shell commands that an agent wrote, read as a shell would before one runs them. */
export const detector: Detector = {
  id: 'generated-shell',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('generated-shell', info);
    for (const { view, key, text } of argumentsOf(sight)) {
      if (!KEY.test(key) || text.length > LONG || text.length < 2) continue;
      for (const rule of rulesOf(parseShell(text), text)) report.add(rule, view, 0, text.length);
    }
    return report.findings();
  },
};

function rulesOf(line: Line, text: string): readonly RuleName[] {
  const { commands, substitutes, isOpen } = line;
  const rules: readonly (readonly [RuleName, boolean])[] = [
    ['pipe-to-shell', commands.some(runsFetched)],
    ['reverse-shell', REVERSE.test(text)],
    ['uploads', commands.some(uploads)],
    ['destructive', commands.some(destroys) || line.writes.some((file) => /^\/(?:dev\/(?!null|std|tty|fd|tcp|udp)|etc\/|boot\/|bin\/|usr\/)/.test(file))
      || /:\(\)\s*\{\s*:\|:/.test(text)],
    ['privilege', commands.some(({ program, words }) => /^(?:sudo|su|doas|setcap|visudo|usermod|useradd|runas)$/.test(words[0] ?? '')
      || (program === 'chmod' && words.some((word) => /^(?:-R|\+s|u\+s|[0-7]?777|[42]7[0-7]{2})$/.test(word))))],
    ['persistence', PERSISTENCE.test(text) || line.writes.some((file) => STARTS.test(file))],
    ['credentials', CREDENTIALS.test(text)],
    ['evaluates', commands.some(({ program, words }) => program === 'eval'
      || (SHELLS.test(program) && words.some((word) => /^-(?:\w*c|e|enc\w*|EncodedCommand|Command)$/i.test(word))))],
    ['substitution', substitutes],
    ['unparsable', isOpen],
  ];
  return rules.filter(([, holds]) => holds).map(([rule]) => rule);
}

/** `curl … | sh`, `sh <(curl …)`, `sh -c "$(curl …)"`, `base64 -d | bash`. */
function runsFetched({ program, words, after }: Command, index: number, all: readonly Command[]): boolean {
  const before = all.slice(0, index).map((one) => one.program);
  if (SHELLS.test(program) && after.startsWith('|') && before.some((one) => FETCHES.test(one))) return true;
  if (SHELLS.test(program) && words.some((word) => /\$\(\s*(?:curl|wget|base64)|`\s*(?:curl|wget)/.test(word))) return true;
  return FETCHES.test(program) && /^(?:\$\(|<\(|`)$/.test(after) && SHELLS.test(all[index - 1]?.program ?? '');
}

function uploads({ program, words, after }: Command, index: number, all: readonly Command[]): boolean {
  // A question or a fetch whose address is made of what another command says.
  const next = all[index + 1];
  const isPart = next !== undefined && /^(?:\$\(|`)$/.test(next.after);
  if (isPart && (ASKS.test(program) || (/^(?:curl|wget)$/.test(program) && READS.test(next.program)))) return true;
  const hosts = words.slice(1).filter((word) => HOST.test(word));
  if (program === 'curl' && hosts.length > 0 && hosts.every((host) => HERE.test(host)) && !words.some((word) => LED.test(word))) return false;
  if (program === 'curl') return words.some((word) => /^(?:-d|--data(?:-\w+)?|-F|--form|-T|--upload-file)$|^-[dFT]@?.|^--(?:data(?:-\w+)?|form|upload-file)=/.test(word));
  if (program === 'wget') return words.some((word) => /^--(?:post-(?:file|data)|body-(?:file|data))/.test(word));
  if (/^(?:scp|rsync|sftp|rclone)$/.test(program)) return words.slice(1).some((word) => /^[\w.-]+(?:@[\w.-]*)?:/.test(word) && !/^[A-Za-z]:/.test(word));
  if (ASKS.test(program)) return words.some((word) => /\$|`/.test(word));
  // With -z nothing is sent: it looks whether a port is open.
  return /^(?:nc|ncat|netcat|telnet)$/.test(program) && (after.startsWith('|') || words.length > 2) && !words.some((word) => /^-[a-y]*z/.test(word));
}

function destroys({ program, words }: Command): boolean {
  const has = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  if (program === 'rm') return has(/^-[^\WrR]*[rR]\w*$|^--recursive$/) || has(/^\/$|^~\/?$|^\*$|^\/\*$/);
  if (program === 'git') return has(/^--hard$|^--force$|^-f$|^--mirror$|^--delete$/) && has(/^(?:push|reset|clean|branch|checkout)$/) || (has(/^clean$/)
    && has(/^-\w*f/));
  if (program === 'dd') return has(/^of=\/dev\//);
  if (program === 'find') return has(/^-delete$/) || (has(/^-exec(?:dir)?$/) && has(/^rm$/));
  if (program === 'kubectl' || program === 'helm' || program === 'terraform' || program === 'docker') return has(/^(?:delete|destroy|uninstall|prune)$/);
  return /^(?:mkfs(?:\.\w+)?|shred|wipefs|fdisk|format|diskpart|shutdown|reboot|halt|poweroff|dropdb|truncate|rd|rmdir|remove-item|del)$/.test(program)
    && (words.length > 1 || /^(?:shutdown|reboot|halt|poweroff)$/.test(program));
}
