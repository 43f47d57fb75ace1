import { isArray, type Json, type JsonObject } from '../domain/json.ts';
import { SallyportError } from '../domain/errors.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSecret } from './secret-input.ts';
import { plain, span, table, time } from './terminal.ts';
import { commandOf, type Call, type Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list [--state pending|granted|denied|expired|used|withdrawn]', options: { state: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/approvals', { state: options.text('state') ?? (options.json ? undefined : 'open') });
    show(io, options.json, answer, () => table(['id', 'state', 'who', 'wants', 'waits for', 'ends'], objects(part(answer, 'approvals')).map((one) => [
      text(one['id']), text(one['state']), `${text(one['principal'])}, agent ${text(one['agent'])}`, `${text(one['server'])}/${text(one['name'])}`,
      objects(one['lacking']).map((lack) => `${text(lack['value'])}: ${text(lack['count'])} more`).join(', '), span(number(one['expiresAt']) - Date.now()),
    ])));
    return 0;
  },
};

const showOne: Verb = {
  usage: 'show ID',
  run: async ({ client, io, options, need }) => {
    const approval = await client.get(`/approvals/${encodeURIComponent(need(0, 'the approval'))}`);
    show(io, options.json, approval, () => describe(approval));
    return 0;
  },
};

/** Everything that would run, whole. What can't be seen was made visible by control; escape sequences are shown here. */
function describe(approval: Json): string {
  const said = (name: string): string => plain(text(part(approval, name)), true);
  const findings = objects(part(approval, 'findings')).map((one) => `${text(one['detector'])}/${text(one['rule'])} (${text(one['severity'])})`);
  const labels = (when: string): string => {
    const of = part(approval, 'labels', when);
    return ['confidentiality', 'integrity', 'categories'].map((name) => text(part(of, name))).filter((word) => word !== '').join(', ');
  };
  const before = part(approval, 'before');
  const rows = [
    ['call', `${said('server')}/${said('name')}  (${said('effect')})`],
    ['asked by', `${said('principal')}, through agent ${said('agent')}`],
    ['state', `${said('state')}, until ${time(number(part(approval, 'expiresAt')))}`],
    ['must approve', said('needs')], ['approved by', said('approvedBy')],
    ['its caller has read', `${labels('now')}${part(approval, 'risen') === true ? '  MORE THAN WHEN IT WAS ASKED' : ''}`],
    ['found in it', findings.join(', ')], ['exchange', said('exchange')], ['digest', said('digest')],
  ];
  const head = rows.filter(([, value]) => value !== '').map(([name = '', value = '']) => `${name.padEnd(20)}${plain(value)}`).join('\n');
  const hidden = part(approval, 'hidden') === true ? '\nIT HOLDS CHARACTERS THAT CANNOT BE SEEN: they are shown as <U+…>.\n' : '';
  const parts = [
    `${head}\n${hidden}`, ...(part(approval, 'preview') === undefined ? [] : [`What it would do, by its dry run:\n${said('preview')}`]),
      `What will be sent, all of it:\n${said('text')}`, `The same, exactly:\n${said('exact')}\n`,
    ...(part(approval, 'path') === undefined || said('path') === '' ? [] : [`Where its values come from:\n${linesOf(part(approval, 'path'))}\n`]),
    ...(before === undefined || before === null
      ? [] : [`What differs from the last one that was approved (${time(number(part(before, 'at')))}):\n${plain(text(part(before, 'diff')), true)}`]),
    ...(part(approval, 'definition') === undefined ? [] : [`What its server says that it does:\n${said('definition')}`]),
    ...objects(part(approval, 'policies')).map((one) => `Because of policy ${plain(text(one['id']))}:\n${plain(text(one['text']), true)}\n`),
  ];
  return parts.join('\n');
}

function linesOf(lines: Json | undefined): string {
  return (isArray(lines) ? lines : []).map((line) => plain(text(line))).join('\n');
}

const grant: Verb = {
  usage: 'grant ID… [--digest DIGEST] [--passphrase-fd N]',
  options: { digest: { type: 'string' }, 'passphrase-fd': { type: 'string' } },
  run: async (call) => {
    const { client, io, options, need } = call;
    need(0, 'the approval');
    const shown: JsonObject[] = [];
    for (const id of options.positionals) {
      const approval = await client.get(`/approvals/${encodeURIComponent(id)}`);
      shown.push({ id, digest: text(part(approval, 'digest')) });
      if (options.text('digest') === undefined) io.note(describe(approval));
    }
    const approvals = await confirmed(call, shown);
    if (approvals === undefined) return 1;
    const listed = await client.get('/approvals', { state: 'open' });
    const alone = client.control === undefined && part(listed, 'solo') === true;
    if (alone && part(listed, 'presence') !== true) {
      throw new SallyportError('ERR_PRESENCE', 'no passphrase is set by which you could show that it is you',
        { remedy: 'Set one: sallyport approve passphrase' });
    }
    const passphrase = alone ? { passphrase: await readSecret(call, 'Passphrase for approvals', 'passphrase-fd') } : {};
    const answer = await client.send('POST', '/approvals/grant', { approvals, ...passphrase });
    show(io, options.json, answer, () => objects(part(answer, 'approvals')).map((one) =>
      (text(one['state']) === 'granted' ? 'Approved: send the same call again within its time.\n' : 'Approved; it waits for somebody else, too.\n')).join(''));
    return 0;
  },
};

/** Exactly what was shown: by a person who says so, or by whoever names the digest that they were shown. */
async function confirmed({ io, options }: Call, shown: readonly JsonObject[]): Promise<readonly JsonObject[] | undefined> {
  const digest = options.text('digest');
  if (digest !== undefined) return shown.map((one) => ({ ...one, digest }));
  if (await io.confirm(shown.length === 1 ? 'Approve exactly this?' : `Approve exactly these ${shown.length}?`)) return shown;
  io.note('Nothing was approved. Without a terminal, name what was shown with --digest.');
  return undefined;
}

const deny: Verb = {
  usage: 'deny ID --reason WHY', options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const path = `/approvals/${encodeURIComponent(need(0, 'the approval'))}`;
    const answer = await client.send('POST', `${path}/deny`, { reason: needText('reason') });
    show(io, options.json, answer, () => 'Refused: its caller is told why.\n');
    return 0;
  },
};

const withdraw: Verb = {
  usage: 'withdraw ID --reason WHY', options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const answer = await client.send('POST', `/approvals/${encodeURIComponent(need(0, 'the approval'))}/withdraw`, { reason: needText('reason') });
    show(io, options.json, answer, () => 'Taken back: it can come to no call any more.\n');
    return 0;
  },
};

const request: Verb = {
  usage: 'request EXCHANGE --reason WHY [--wrong]', options: { reason: { type: 'string' }, wrong: { type: 'boolean' } },
  run: async ({ client, io, options, need, needText }) => {
    const exchange = need(0, 'the exchange that the refusal names');
    const answer = await client.send('POST', '/denials', { exchange, kind: options.flag('wrong') ? 'false-positive' : 'access', reason: needText('reason') });
    show(io, options.json, answer, () => 'It is on record: whoever answers for it will look at this call.\n');
    return 0;
  },
};

const standing: Verb = {
  usage: 'policy ID [--vary NAME]... [--for 30d]    writes the policy that would let calls like this one run unasked; it changes nothing',
  options: { vary: { type: 'string', multiple: true }, for: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const days = /^(\d{1,2})d$/.exec(options.text('for') ?? '30d')?.[1];
    if (days === undefined) throw new SallyportError('ERR_USAGE', '--for is a number of days such as 30d', { remedy: 'It ends: 90d at most.' });
    const wish = { days, ...(options.list('vary').length === 0 ? {} : { vary: options.list('vary').join(',') }) };
    const answer = await client.get(`/approvals/${encodeURIComponent(need(0, 'the approval'))}/policy`, wish);
    show(io, options.json, answer, () => text(part(answer, 'source')));
    if (!options.json) {
      const [file, policy, until] = ['file', 'policy', 'until'].map((name) => plain(text(part(answer, name))));
      io.note(`That is ${file} with an exception in ${policy}, until ${until}. Nothing has changed.`);
      io.note('Have somebody review it, then: sallyport policy put FILE.cedar');
    }
    return 0;
  },
};

const passphrase: Verb = {
  usage: 'passphrase [--fd N] [--old-fd N]', options: { fd: { type: 'string' }, 'old-fd': { type: 'string' } }, local: true,
  run: async (call) => {
    const { client, io, options } = call;
    const isSet = part(await client.get('/approvals', { state: 'open' }), 'presence') === true;
    if (isSet && !io.interactive && options.text('old-fd') === undefined) {
      throw new SallyportError('ERR_USAGE', 'a passphrase is set already: without a terminal --old-fd says where the one as it is comes from', {
        remedy: 'For instance: sallyport approve passphrase --fd 3 3< NEW --old-fd 4 4< OLD',
      });
    }
    const old = isSet ? { old: await readSecret(call, 'The passphrase as it is', 'old-fd') } : {};
    await client.send('PUT', '/approval-passphrase', { passphrase: await readSecret(call, 'New passphrase for approvals'), ...old });
    show(io, options.json, {}, () => 'Set. Nothing on this machine knows it but you: type it nowhere else.\n');
    return 0;
  },
};

export const command = commandOf('approve', 'Calls that wait for a person: look at them whole, approve or refuse them', {
  list, show: showOne, grant, deny, withdraw, request, policy: standing, passphrase,
});
