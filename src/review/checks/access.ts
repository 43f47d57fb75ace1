import type { CompanyFacts } from '../facts.ts';
import type { Check, Found } from '../item.ts';
import { nameOf } from './grants.ts';

/** Every right that somebody holds, to be said again: bindings at each server, and roles of administration. */
export const access: Check = {
  id: 'access', title: 'Access to be confirmed',
  find: (facts) => [...bindings(facts), ...admins(facts)],
};

function bindings({ grants, servers }: CompanyFacts): readonly Found[] {
  const byId = new Map(servers.map((server) => [server.id, server]));
  return grants.map(({ binding, role, to, server, owner, granted, used, holders }): Found => {
    const tools = new Map((byId.get(server)?.tools ?? []).map((tool) => [tool.name, tool]));
    const isGrave = granted.some((name) => ['destroy', 'transact', 'execute'].includes(tools.get(name)?.effect ?? 'read'));
    return {
      subject: { kind: 'binding', id: binding, server }, severity: isGrave ? 'medium' : 'low',
      title: `${nameOf(to)} has the role ${role} at ${server}`,
      evidence: { role, server, granted: granted.length, used: used.size, people: holders.length },
      ...(owner === undefined ? {} : { owner }), holders, revoke: { kind: 'drop-grant', binding, server },
    };
  });
}

/** Who administers is changed by two people: never by an answer alone, nor by none. */
function admins({ admins: grants }: CompanyFacts): readonly Found[] {
  return grants.map(({ id, role, space, to, holders, isEmpty }) => ({
    subject: { kind: 'admin', id }, severity: role === 'admin' ? 'high' : 'medium',
    title: `${nameOf(to)} administers ${space === '*' ? 'every space' : `the space ${space}`} as ${role}${isEmpty ? ', and nobody is behind it' : ''}`,
    evidence: { role, space, people: holders.length, nobody: isEmpty }, holders,
    revoke: { kind: 'task', what: `sallyport admin remove ${id}` },
  }));
}
