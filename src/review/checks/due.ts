import { day, daysBetween } from '../days.ts';
import type { Check, Found } from '../item.ts';

/** Vendors whose disclosure is to be given anew. */
export const attestationDue: Check = {
  id: 'attestation-due', title: 'Attestations of vendors that are due',
  find: ({ vendors, now, thresholds: { expiringDays } }) => vendors
    .filter(({ dueAt }) => dueAt === undefined || daysBetween(now, dueAt) < expiringDays)
    .map(({ id, owner, tier, dueAt, why }): Found => ({
      subject: { kind: 'vendor', id }, severity: dueAt === undefined || dueAt < now ? 'high' : 'medium',
      title: dueAt === undefined ? `the vendor ${id} has given no disclosure that holds`
        : `the disclosure of the vendor ${id} ${dueAt < now ? 'was' : 'is'} due on ${day(dueAt)}`,
      evidence: { tier, why, due: dueAt === undefined ? 'never given' : day(dueAt) }, owner,
      revoke: { kind: 'task', what: `take the servers of ${id} out of use` }, change: { kind: 'task', what: `send ${id} a link: sallyport vendor` },
    })),
};

/** What is to be practised and was not. */
export const exerciseDue: Check = {
  id: 'exercise-due', title: 'Exercises that are due',
  find: ({ practices, now }) => practices.filter(({ lastAt, everyDays }) => lastAt === undefined || daysBetween(lastAt, now) > everyDays)
    .map(({ kind, title, everyDays, lastAt }): Found => ({
      subject: { kind: 'practice', id: kind }, severity: 'medium', title: `${title}: ${lastAt === undefined ? 'never done' : `last on ${day(lastAt)}`}`,
      evidence: { everyDays, last: lastAt === undefined ? 'never' : day(lastAt) }, revoke: { kind: 'task', what: `decide that ${title} is not done here` },
      change: { kind: 'task', what: `do it: ${title}` },
    })),
};

/** Secrets, certificates, tokens and keys that end soon or have ended, and secrets that were to be changed by now. */
export const expiring: Check = {
  id: 'expiring', title: 'Keys, certificates and tokens that end',
  find: ({ ending, servers, now, thresholds: { expiringDays } }) => {
    const soon = (at: number): boolean => daysBetween(now, at) < expiringDays;
    const told = (at: number): string => (at < now ? `ended on ${day(at)}` : `ends on ${day(at)}`);
    return [
      ...ending.filter(({ endsAt, isRenewed }) => (isRenewed ? endsAt < now : soon(endsAt))).map(({ kind, id, name, owner, endsAt }): Found => ({
        subject: { kind, id }, severity: endsAt < now ? 'high' : 'medium', title: `${name} ${told(endsAt)}`, evidence: { ends: day(endsAt) }, owner,
        revoke: kind === 'token' ? { kind: 'revoke-token', id } : { kind: 'task', what: `take ${name} out of use` },
        change: { kind: 'task', what: `make ${name} anew` },
      })),
      ...servers.flatMap(({ id, owner, credential: { expires, rotateBy } }): readonly Found[] => {
        const at = Math.min(expires ?? Infinity, rotateBy ?? Infinity);
        if (at === Infinity || !soon(at)) return [];
        return [{
          subject: { kind: 'server', id }, severity: at < now ? 'high' : 'medium',
            title: `the credential of ${id} ${at === expires ? told(at) : `is to be changed by ${day(at)}`}`,
          evidence: { ...(expires === undefined ? {} : { expires: day(expires) }), ...(rotateBy === undefined ? {} : { rotateBy: day(rotateBy) }) }, owner,
          revoke: { kind: 'quarantine-server', id }, change: { kind: 'task', what: `sallyport vault rotate the credential of ${id}` },
        }];
      }),
    ];
  },
};

/** Ways to prove oneself that go: dynamic registration, with its day, and static keys. */
export const retiringAuthentication: Check = {
  id: 'retiring-authentication', title: 'Ways to authenticate that end',
  find: ({ servers, registrations, endOfLife }) => {
    const known = endOfLife.deprecated.find(({ what }) => what === 'dynamic client registration');
    const ends = known === undefined ? {} : { deprecated: known.since, ...(known.removedFrom === undefined ? {} : { removedFrom: known.removedFrom }) };
    const gone = known?.removedFrom === undefined ? '' : `, gone from ${known.removedFrom}`;
    return [
      ...servers.filter(({ credential }) => credential.dynamicRegistration).map(({ id, owner }): Found => ({
        subject: { kind: 'server', id }, part: 'dynamic-registration', severity: 'low',
          title: `${id} lets the gate register itself, which is deprecated${gone}`, evidence: ends, owner,
        revoke: { kind: 'quarantine-server', id }, change: { kind: 'task', what: `have ${id} take client identity documents, or register a client there` },
      })),
      ...registrations.map(({ id, issuer }): Found => ({
        subject: { kind: 'registration', id }, severity: 'low', title: `the gate registered itself at ${issuer}, which is deprecated${gone}`,
        evidence: { issuer, ...ends }, revoke: { kind: 'task', what: `end the registration at ${issuer}` },
        change: { kind: 'task', what: `use a client identity document at ${issuer}` },
      })),
      ...servers.filter(({ credential }) => credential.type === 'header' && credential.expires === undefined && credential.rotateBy === undefined)
        .map(({ id, owner }): Found => ({
          subject: { kind: 'server', id }, part: 'static-key', severity: 'medium', title: `${id} is shown a static key that no day ends`,
            evidence: { credential: 'header' }, owner,
          revoke: { kind: 'quarantine-server', id }, change: { kind: 'task', what: 'use OAuth, or say by when the key is changed' },
        })),
    ];
  },
};
