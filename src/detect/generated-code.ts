import type { Detector, Sight } from '../domain/detector.ts';
import { executes } from './arguments.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const RUNNING = ['MCP05', 'ASI05', 'AML.T0053', 'MCP-T3'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    process: { severity: 'high', what: 'Code that starts programs.', catalogues: [...RUNNING, 'SAFE-T1101'] },
    network: { severity: 'medium', what: 'Code that talks to the net.', catalogues: [...RUNNING, 'AML.T0025'] },
    dynamic: { severity: 'high', what: 'Code that makes code of data.', catalogues: RUNNING },
    environment: { severity: 'medium', what: 'Code that reads the environment, where credentials are.', catalogues: [...RUNNING, 'SAFE-T1503'] },
    deletes: { severity: 'high', what: 'Code that deletes files.', catalogues: [...RUNNING, 'AML.T0101'] },
    escapes: { severity: 'critical', what: 'An expression that climbs out of the language it is written in.', catalogues: RUNNING },
  },
} as const satisfies DetectorInfo<'generated-code'>;

type RuleName = keyof (typeof info)['rules'];

const KEY = /^(?:code|source|source_code|script|python|python_code|javascript|js|expression|program|function|formula|snippet|cell|notebook|template|lambda)$/i;
/** Python, JavaScript, Ruby, PHP, Java, Go: what calls the system, whichever way it is imported. */
const CALLS: readonly (readonly [RuleName, RegExp])[] = [
  ['process', /\b(?:os\.(?:system|popen|exec[lv]p?e?|spawn\w*|posix_spawn)|subprocess\.\w+|pty\.spawn|commands\.getoutput|child_process|execSync|spawnSync|Bun\.spawn|Deno\.(?:run|Command)|Runtime\.getRuntime|ProcessBuilder|shell_exec|passthru|proc_open|exec\.Command|Open3\.\w+|IO\.popen)\b|%x[{(]/g],
  ['network', /\b(?:requests\.(?:get|post|put|patch|delete|request|Session)|urllib\d?\.\w+|http\.client|httpx\.\w+|aiohttp\.\w+|socket\.(?:socket|create_connection|gethostbyname)|smtplib|ftplib|paramiko|XMLHttpRequest|WebSocket|navigator\.sendBeacon|axios\b|Net::HTTP|file_get_contents\s?\(\s?['"]https?|curl_exec|net\.Dial|http\.(?:Get|Post))\b|\bfetch\s?\(/g],
  ['dynamic', /(?<![.\w])(?:eval|exec|compile|__import__|execfile)\s?\(|\b(?:new\s+Function\s?\(|importlib\.import_module|pickle\.loads?|marshal\.loads|yaml\.load\s?\((?![^)]{0,80}Safe)|vm\.run\w*|Function\s?\(\s?['"]|instance_eval|unserialize\s?\()/g],
  ['environment', /\b(?:os\.environ|os\.getenv|process\.env|Deno\.env|Bun\.env|System\.getenv|ENV\[|getenv\s?\()/g],
  ['deletes', /\b(?:shutil\.rmtree|os\.(?:remove|unlink|rmdir|removedirs)|Path\([^)]{0,100}\)\.unlink|fs\.(?:rm|rmSync|unlink|unlinkSync|rmdir|promises\.rm)|FileUtils\.rm_rf?|File\.delete|unlink\s?\(|os\.RemoveAll)\b/g],
  ['escapes', /__(?:class|mro|subclasses|globals|builtins|bases|getattribute|reduce)__|\bconstructor\s?(?:\.\s?constructor|\[\s?['"]constructor)|\{\{[^{}]{0,120}(?:config|self\.|request\.|cycler|lipsum|__|7\s?\*\s?7)[^{}]{0,120}\}\}|\{%\s?(?:import|include|extends)|<%=?[^%]{1,200}%>|#\{[^}]{0,60}(?:T\(|Runtime)|\$\{(?:jndi|script|T\()/g],
];

/** Code that an agent has run: by the calls in it, in the places where tools take code. */
export const detector: Detector = {
  id: 'generated-code',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('generated-code', info);
    const runs = executes(sight);
    for (const view of sight.views) {
      const pointer = view.spansOf(0, 1)[0]?.at ?? '';
      const key = pointer.slice(pointer.lastIndexOf('/') + 1);
      if (view.via.includes('joined') || view.via.includes('rot13')
        || !(KEY.test(key) || (runs && /^(?:input|content|body|text|command|cmd|args|\d+)$/i.test(key)))) continue;
      for (const [rule, calls] of CALLS) for (const { 0: said, index } of view.text.matchAll(calls)) report.add(rule, view, index, index + said.length,
        said.replace(/(?<!\W)\W+$/, '').slice(0, 40));
    }
    return report.findings();
  },
};
