import { approvedBy } from '../../client-files/audit/entry-findings.ts';
import { pointerOf, secretsIn } from '../../client-files/audit/secrets.ts';
import type { Locate, Path } from '../../client-files/read/region.ts';
import { isCleartext } from '../../client-files/risks.ts';
import { detectorsWith } from '../../detect/table.ts';
import { createInspector } from '../../detect/inspect.ts';
import { UNINFORMED } from '../../detect/surroundings.ts';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { showHidden } from '../../domain/hidden.ts';
import type { ScanFinding } from './judge.ts';
import { ownRule, ruleInfo } from './rules.ts';
import type { OwnRule } from './rules.ts';

/** What a client's file says is text, too: secrets and what hides in it are looked for as in what a server says. */
const inspect = createInspector(detectorsWith(UNINFORMED).filter(({ id }) => id === 'secrets' || id === 'hidden-channels'));

/** What of an entry is wrong before anything of it is started or asked. No finding holds a value. */
export function findingsOf(server: ConfiguredServer, said: Json, file: string, locate: Locate): readonly ScanFinding[] {
  const at = (path: Path): Pick<ScanFinding, 'at' | 'region'> => {
    const region = locate([...server.at, ...path]);
    return { at: [pointerOf(path)], ...(region === undefined ? {} : { region }) };
  };
  const common = { server: server.name, from: file, item: '', excerpt: '' } as const;
  const own = (rule: OwnRule, path: Path, more = ''): ScanFinding =>
    ({ ...common, ...at(path), rule, severity: ownRule(rule).severity, message: `${ownRule(rule).what}${more}` });
  const { findings, incomplete } = inspect({ facet: 'definition', json: said, at: '', server: server.name, name: '' });
  const seen = [...(incomplete === undefined ? [] : [incomplete]), ...findings].map((finding): ScanFinding => {
    const rule = `${finding.detector}/${finding.rule}`;
    const message = ruleInfo(rule)?.what ?? 'It could not be looked at as a whole.';
    return { ...common, ...at(pathOf(finding.at[0] ?? '', said)), rule, severity: finding.severity, message };
  });
  const told = new Set(seen.flatMap((one) => one.at));
  const secrets = new Map(secretsIn(said, () => []).map(({ at: path }) => [pointerOf(path), path]));
  const approvals = approvedBy(said);
  return [
    ...seen, ...[...secrets].flatMap(([pointer, path]) => (told.has(pointer) ? [] : [own('config/secret', path)])),
    ...(isCleartext(server) ? [own('config/cleartext', [])] : []),
    ...(approvals === undefined ? [] : [own('config/auto-approve', [approvals], ` (${showHidden(approvals)})`)]),
  ];
}

/** A pointer as the names and numbers that it leads through. */
export function pathOf(pointer: string, json: Json): Path {
  let at: Json | undefined = json;
  return pointer.split('/').slice(1).map((part) => {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const here: string | number = isArray(at) ? Number(name) : name;
    at = isArray(at) ? at[Number(name)] : isObject(at) ? at[name] : undefined;
    return here;
  });
}
