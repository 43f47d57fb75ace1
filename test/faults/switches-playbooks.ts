import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const FORMAT = 'src/incident/playbook/playbook.test.ts';
const RUNS = 'src/control/playbooks/playbooks.test.ts';

/** What keeps a playbook from doing what nobody signed, reaching further than was meant, or losing its place. */
export const PLAYBOOKS: readonly Switch[] = [
  ...switches('src/control/playbooks/actor.ts', RUNS, [
    ['room for people', 'leaves room for people', '(who !== AUTOMATIC_ID || own < LIMITS.playbookRunsOpenMax / 2)', 'own >= 0'],
  ]),
  ...switches('src/control/playbooks/start.ts', RUNS, [
    ['runs of each space', 'leaves room for people', "listStored(store, 'playbook-run', space)", "listStored(store, 'playbook-run')"],
  ]),
  ...switches('src/incident/playbook/read.ts', FORMAT, [
    ['steps that are not run', 'is refused by its name and place', '!STEP_TYPES.includes(type)', 'STEP_TYPES.length === 0'],
    ['commands that are not run', 'is refused by its name and place', "kind === 'manual' || kind === 'http-api') continue;", 'kind.length > 0) continue;'],
    ['size of a playbook', 'undeclared variables, changed constants', 'Buffer.byteLength(text) > LIMITS.playbookBytesMax', 'Buffer.byteLength(text) < 0'],
    ['what a playbook may ask of control', 'no way round to the rest of the API', '  checkCommands(read.data);\n', ''],
    ['workflows that lead nowhere', 'in circles, nowhere', '  checkWorkflow(read.data);\n', ''],
  ]),
  ...switches('src/incident/playbook/strict-json.ts', FORMAT, [
    ['keys that stand twice', 'a key that stands twice', 'if (seen?.has(key) === true) throw', "if (seen?.has(key) === true && key === '') throw"],
    ['the key __proto__', 'a key that stands twice', "if (key === '__proto__') throw", "if (key === '__prot__') throw"],
    ['depth of a playbook', 'a key that stands twice', 'if (open.length > LIMITS.playbookJsonDepthMax) throw', 'if (open.length < 0) throw'],
  ]),
  ...switches('src/incident/playbook/graph.ts', FORMAT, [
    ['variables of the runtime', 'a key that stands twice', '!Object.hasOwn(variables, name)', 'variables[name] === undefined'],
    ['loops', 'in circles, nowhere', 'if (way.includes(id)) throw', 'if (way.length < 0) throw'],
    ['branches apart', 'in circles, nowhere', 'if (owner !== branch) throw', "if (owner === '') throw"],
    ['steps that nothing leads to', 'in circles, nowhere', 'if (left !== undefined) throw', "if (left === '') throw"],
    ['variables that nobody declared', 'undeclared variables', 'if (unknown !== undefined) throw', "if (unknown === '') throw"],
    ['constants', 'undeclared variables', 'if (constant !== undefined) throw', "if (constant === '') throw"],
  ]),
  ...switches('src/incident/playbook/command.ts', FORMAT, [
    ['paths are matched before values', 'stays one value', '[name, filled(text, valueOf)]', '[name, text]'],
  ]),
  ...switches('src/incident/playbook/sign.ts', FORMAT, [
    ['what was signed', 'of this very playbook', "? undefined : 'the playbook is not what was signed'", '? undefined : undefined'],
    ['which version was signed', 'of this very playbook', 'signature.related_version !== playbook.modified', 'false'],
    ['revoked signatures', 'of this very playbook', 'if (signature.revoked === true)', 'if (signature.revoked === null)'],
    ['signatures that have ended', 'of this very playbook', 'Date.parse(signature.valid_until) <= now', 'Date.parse(signature.valid_until) < 0'],
  ]),
  ...switches('src/incident/playbook/gather.ts', 'src/incident/playbook/progress.test.ts', [
    ['playbooks that call themselves', 'never its own caller', 'if (way.includes(playbook.id)) throw', 'if (way.length > 99) throw'],
    ['revoked playbooks', 'never its own caller', 'if (problem !== undefined) throw', "if (problem === '') throw"],
  ]),
  ...switches('src/incident/playbook/progress.ts', 'src/incident/playbook/progress.test.ts', [
    ['what a called playbook may change', 'variables of its own', "step.out_args?.includes(name) === true)", "name !== '')"],
    ['branches are waited for', 'waits for the last of them', "if (frame.kind === 'parallel' && rest.cursors.some(isIn)) return rest;", ''],
  ]),
  ...switches('src/control/playbooks/actor.ts', RUNS, [
    [
      'whose word is over', 'acts for nobody whose word is over',
      'if (await isWithdrawn(actor, control)) {', 'if (await isWithdrawn({ ...actor, at: Infinity }, control)) {',
    ],
    ['what somebody signed in for', 'signed in for less', '{ ...(await asNow(actor, control)), may }', '{ ...(await asNow(actor, control)) }'],
  ]),
  ...switches('src/control/playbooks/engine.ts', RUNS, [
    ['one driver', 'another control drives', 'LIMITS.playbookDriverMs))) return;', 'LIMITS.playbookDriverMs)) && name === \'\') return;'],
  ]),
  ...switches('src/control/playbooks/library.ts', RUNS, [
    ['broken signatures of others', 'only what was taken in signed is run', 'if (broken !== undefined) {', "if (broken?.id === '') {"],
    [
      'what this control signed', 'only what was taken in signed is run', 'if (signing.isOurs(playbook)) return playbook;',
      'if (playbook.id.length > 0) return playbook;',
    ],
  ]),
  ...switches('src/control/playbooks/routes.ts', RUNS, [
    ['people in a run', 'people stand in runs', 'return view(presentProgress(', 'return (presentProgress('],
    ['people in lists of runs', 'people stand in runs', 'map(({ id, body }) => view(presentRun(id, body)))', 'map(({ id, body }) => (presentRun(id, body)))'],
    [
      'names that are said of a run', 'people stand in runs',
      'needMayWrite(control, admin, space, asJson({ reason: body.reason, values: body.values }));', 'undefined;',
    ],
    [
      'names that are said of a step', 'people stand in runs',
      "needMayWrite(control, admin, space, asJson({ note: body.note ?? '', values: body.values }));", 'undefined;',
    ],
    ['older versions', 'only what was taken in signed is run', 'before.playbook.modified > modified', "before.playbook.modified === ''"],
  ]),
  ...switches('src/control/playbooks/automatic.ts', RUNS, [
    ['what starts by itself', 'only what was taken in signed is run', '.filter(({ automatic }) => automatic)', '.filter(({ automatic }) => !automatic)'],
  ]),
  ...switches('src/control/playbooks/perform.ts', RUNS, [
    ['rehearsals change nothing', 'a rehearsal shows every step', 'body: { ...request.body, dryRun: true }', 'body: { ...request.body, dryRun: false }'],
  ]),
  ...switches('src/control/playbooks/drive.ts', RUNS, [
    ['who drives a run acts', 'step by step nothing is done', 'return { ...run, actor: whoOf(admin, control.now()), may: [...admin.may] };', 'return run;'],
    ['what a step waits for', 'step by step nothing is done', 'if (fits) return;', 'if (fits || !fits) return;'],
    ['what people were asked', 'is driven by their answers', 'if (value === undefined) throw invalid(', "if (value === '') throw invalid("],
  ]),
  ...switches('src/control/playbooks/engine.ts', RUNS, [
    ['what control was at', 'goes on after control was restarted', "state === 'ready' || state === 'started' ||", "state === 'ready' ||"],
    ['second persons', 'waits for a second person', "state === 'approved') return undefined;", "state === 'approved') return { made: undefined };"],
    ['what is approved is not yet done', 'a step waits for what is being carried out', "state === 'open' || state === 'approved') return undefined;",
      "state === 'open') return undefined;\n  if (state === 'approved') return { made: undefined };"],
    ['what was not done', 'is no step that is done', "if (state === 'done') return {", "if (state === 'done' || state === 'failed') return {"],
    ['what control died over', 'a step waits for what is being', "if (state === 'done') return {", "if (state === 'done' || state === 'unfinished') return {"],
  ]),
  ...switches('src/incident/playbook/progress.ts', RUNS, [
    [
      'a failed step holds', 'is driven by their answers', "if (target === undefined) return { ...over, state: 'stopped' };",
      "if (target === undefined) return { ...over, state: 'done' };",
    ],
  ]),
  ...switches('src/control/proposals/approve.ts', 'src/control/proposals/outcome.test.ts', [
    [
      'who shut somebody out since', 'word is over',
      'return await isRevoked(store, id, at) || at <= await endedBefore', 'return await isRevoked(store, id) || Infinity <= await endedBefore',
    ],
    ['approved is not done', 'over which control died', "state: isComplete ? 'approved' : 'open' };", "state: isComplete ? 'done' : 'open' };"],
    ['what was not done says so', 'that was approved and not done', '    await keepFailed(control, which, proposal, error);\n', ''],
  ]),
  ...switches('src/control/proposals/outcome.ts', 'src/control/proposals/outcome.test.ts', [
    ['what nobody knows is not done', 'over which control died', "? 'unfinished' : state;", "? 'done' : state;"],
  ]),
];
