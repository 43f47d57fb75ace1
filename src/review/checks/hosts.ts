import { day, daysBetween } from '../days.ts';
import type { HostFact } from '../facts.ts';
import type { Check, Found, Remedy } from '../item.ts';

/** Hosts with clients on which the deny list is not deployed, or is not as it was deployed. */
export const denyList: Check = {
  id: 'deny-list', title: 'Deny lists that are not deployed',
  find: ({ hosts }) => hosts.filter(({ clients, enforcedAt, isDrifted }) => clients.length > 0 && (enforcedAt === undefined || isDrifted)).map((host) => found(
    host, 'medium', host.enforcedAt === undefined ? `no client of ${host.host} is held to what is sanctioned`
      : `what clients of ${host.host} are held to was changed`,
    { clients: [...host.clients], ...(host.enforcedAt === undefined ? {} : { deployed: day(host.enforcedAt) }) },
    `on ${host.host}: sallyport config enforce`,
  )),
};

/** Files of clients with secrets in clear, or that others can read. */
export const unsealedFile: Check = {
  id: 'unsealed-file', title: 'Files of clients that are not sealed',
  find: ({ hosts }) => hosts.filter(({ unsealed }) => unsealed.length > 0).map((host) => found(
    host, 'high', `clients on ${host.host} have ${host.unsealed.length} files that are not sealed`,
    { places: host.unsealed.slice(0, PLACES_SHOWN) }, `on ${host.host}: sallyport config seal`,
  )),
};

const PLACES_SHOWN = 20;

/** Hosts whose clients' files nobody audited for long. */
export const configurationAudit: Check = {
  id: 'configuration-audit', title: 'Configurations that were not audited',
  find: ({ hosts, now, thresholds: { staleDays } }) => hosts
    .filter(({ clients, auditedAt }) => clients.length > 0 && (auditedAt === undefined || daysBetween(auditedAt, now) > staleDays))
    .map((host) => found(
      host, 'low', `the files of clients on ${host.host} were ${host.auditedAt === undefined ? 'never approved' : `approved last on ${day(host.auditedAt)}`}`,
      { clients: [...host.clients] }, `on ${host.host}: sallyport config audit, then config baseline`,
    )),
};

/** Sensors of which nothing is heard. */
export const silentSensor: Check = {
  id: 'silent-sensor', title: 'Sensors that are silent',
  find: ({ silent, now }) => silent.map(({ node, host, seenAt }): Found => ({
    subject: { kind: 'sensor', id: node }, severity: 'high', title: `nothing was heard of the sensor on ${host} for ${daysBetween(seenAt, now)} days`,
    evidence: { host, heard: day(seenAt) }, revoke: { kind: 'task', what: `sallyport link revoke sensor ${node}` },
    change: { kind: 'task', what: `start it again on ${host}: sallyport sensor` },
  })),
};

function found({ host }: HostFact, severity: Found['severity'], title: string, evidence: Found['evidence'], what: string): Found {
  const task: Remedy = { kind: 'task', what };
  return { subject: { kind: 'host', id: host }, severity, title, evidence, revoke: task, change: task };
}
