import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../../src/cli/json-view.ts';
import { createInspector } from '../../../src/detect/inspect.ts';
import { createTextModel } from '../../../src/detect/text-model.ts';
import { MODEL } from '../../../src/detect/text-model/weights.ts';
import { idOf } from '../../../src/domain/finding.ts';
import { isArray, isObject, type JsonObject } from '../../../src/domain/json.ts';
import { startAgent, type Agent, type Refused } from '../../fixtures/hostile/agent.ts';
import type { Deed, Offer } from '../../fixtures/hostile/offer.ts';
import { SERVER_ERAS, startHostile, type HostileServer, type ServerEra } from '../../fixtures/hostile/server.ts';
import type { ClientName } from '../../fixtures/era-clients.ts';
import { startGate, type Gate } from '../../fixtures/gate.ts';

setDefaultTimeout(60_000);

/** The statistical detector does not look: what stops these attacks is no score. */
const TEXT_MODEL_OFF = 'detect: { detectors: { text-model: off } }\n';
const FLOW_POLICIES = ['untrusted-destination', 'uncleared-sink', 'rule-of-two', 'poisoned-memory'] as const;

/** Official clients and servers of both eras, each with each. */
export const PAIRS = (['v1', 'v2 modern'] as const).flatMap((client) => SERVER_ERAS.map((era) => ({ client, era })));

/** One server of an incident: what it offers, and what an administrator says of it (members of its manifest entry). */
export interface Cast {
  readonly offer: Offer;
  readonly settings: string;
}

/** A gate before the servers of an incident, each there once an era. */
export interface Stage {
  readonly gate: Gate;
  /** An agent of its own does something; resolves when it is done. */
  act(client: ClientName, era: ServerEra, work: (agent: Agent) => Promise<void>): Promise<Scene>;
  /** Reads a server of both eras again and approves what it says by now. */
  approve(server: string): Promise<void>;
  /** Applies other rules, and waits until the gateway judges by them. */
  rule(rules: string): Promise<void>;
  stop(): Promise<void>;
}

/** What came of it: what reached the servers, and what the gate refused. */
export interface Scene {
  readonly deeds: Readonly<Record<string, readonly Deed[]>>;
  readonly refused: readonly Refused[];
}

/** The part of the manifest that puts the flow policies in force, but for the one that is left out. */
export function flowPolicies(without?: (typeof FLOW_POLICIES)[number]): string {
  return `defaults: { ${FLOW_POLICIES.map((name) => `${name}: ${name === without ? 'off' : 'on'}`).join(', ')} }\n`;
}

export async function openStage(casts: () => Readonly<Record<string, Cast>>, rules: string): Promise<Stage> {
  const servers = new Map<string, HostileServer>();
  const entries = SERVER_ERAS.flatMap((era) => Object.entries(casts()).map(([name, { offer, settings }]) => {
    const server = startHostile(era, offer);
    servers.set(`${name}-${era}`, server);
    return `  ${name}-${era}: { url: "${server.url}", allowPrivate: true, owner: tests, ${settings} }\n`;
  }));
  const manifestOf = (wanted: string): string => `${wanted}${TEXT_MODEL_OFF}servers:\n${entries.join('')}`;
  const gate = await startGate({ policy: 'permit(principal in Group::"testers", action, resource);', manifest: manifestOf(rules) });
  await gate.enrol(...servers.keys());
  let agents = 0;
  return {
    gate,
    async act(client, era, work) {
      const token = await gate.token({ agent: `agent-${agents += 1}` });
      const before = new Map([...servers].map(([id, { deeds }]) => [id, deeds.length]));
      const agent = startAgent(client, token, (server) => `${gate.url}/mcp/${server}-${era}`);
      try {
        await work(agent);
      } finally {
        await agent.close();
      }
      const own = [...servers].filter(([id]) => id.endsWith(`-${era}`));
      return {
        refused: agent.refused,
        deeds: Object.fromEntries(own.map(([id, { deeds }]) => [id.slice(0, -era.length - 1), deeds.slice(before.get(id))])),
      };
    },
    approve: (server) => gate.enrol(...SERVER_ERAS.map((era) => `${server}-${era}`)),
    async rule(wanted) {
      const policies = [{ file: 'policy.cedar', text: readFileSync(join(gate.home, 'policy.cedar'), 'utf8') }];
      const manifest = `apiVersion: sallyport/v1\npolicies: [policy.cedar]\n${manifestOf(wanted)}`;
      await gate.admin('POST', '/manifest', { file: join(gate.home, 'sallyport.yaml'), text: manifest, policies });
      const inForce = (): number => Number(readFileSync(join(gate.home, 'gateway', 'gateway.version'), 'utf8'));
      while (inForce() < (gate.control().snapshots.current?.version ?? 0)) await Bun.sleep(5);
    },
    async stop() {
      await gate.stop();
      for (const server of servers.values()) await server.stop();
    },
  };
}

/** An incident whose control stands in the manifest. */
export interface Play {
  /** The id of the policy that stops it, and the code with which the gate refuses. */
  readonly control: { readonly policy: string; readonly code: string };
  /** Detectors' rules whose findings the policy went by; none where it goes by labels and origins. */
  readonly findings?: readonly string[];
  /** What somebody wrote where the agent reads it. */
  readonly poison: string;
  readonly rules: string;
  /** The same rules without that control alone. */
  readonly rulesWithout: string;
  /** `isPoisoned` says, whenever a server answers, whether somebody got at it. */
  readonly casts: (isPoisoned: () => boolean) => Readonly<Record<string, Cast>>;
  readonly task: (agent: Agent) => Promise<void>;
  /** Whether the user has what they asked for. */
  readonly isDone: (deeds: Scene['deeds']) => boolean;
  /** Whether the attacker has what they were after. */
  readonly isHarmed: (deeds: Scene['deeds']) => boolean;
}

/** The same task three times: attacked behind the gate, not attacked, and attacked with the one control taken away. */
export function play(name: string, { control, findings = [], poison, rules, rulesWithout, casts, task, isDone, isHarmed }: Play): void {
  let isPoisoned = false;
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(() => casts(() => isPoisoned), rules);
  });
  afterAll(() => stage.stop());

  describe.each(PAIRS)(`${name}: $client client, $era server`, ({ client, era }) => {
    test(`is stopped by ${control.policy}, and nothing but that call is refused`, async () => {
      isPoisoned = true;
      const { deeds, refused } = await stage.act(client, era, task);
      expect(isHarmed(deeds)).toBeFalse();
      expect(refused.map(({ code }) => code)).toEqual([control.code]);
      const [denied] = await stage.gate.records({ event: 'call.denied', exchange: refused[0]?.exchange ?? '' });
      expect(denied).toMatchObject({ code: control.code, policies: [control.policy] });
      expect(found(denied)).toEqual(expect.arrayContaining([...findings]));
    });

    test('the same task, not attacked, is done and nothing is refused', async () => {
      isPoisoned = false;
      const { deeds, refused } = await stage.act(client, era, task);
      expect(refused).toEqual([]);
      expect([isDone(deeds), isHarmed(deeds)]).toEqual([true, false]);
    });
  });

  describe(`${name}: without the control`, () => {
    beforeAll(() => stage.rule(rulesWithout));
    test.each(PAIRS)('the attack succeeds: $client client, $era server', async ({ client, era }) => {
      isPoisoned = true;
      const { deeds, refused } = await stage.act(client, era, task);
      expect(refused).toEqual([]);
      expect(isHarmed(deeds)).toBeTrue();
    });

    test('and nowhere did the text model say anything, which it would have', async () => {
      const looks = createInspector([createTextModel(MODEL)]);
      expect(looks({ facet: 'result', json: poison, at: '', server: '', name: '' }).findings.map(idOf)).toEqual(['text-model/injection']);
      expect((await stage.gate.records()).flatMap(found).filter((rule) => rule.startsWith('text-model/'))).toEqual([]);
    });
  });
}

/** `<detector>/<rule>` of the findings of a record. */
function found(record: JsonObject | undefined): readonly string[] {
  const findings = record?.['findings'];
  return isArray(findings) ? findings.filter(isObject).map(({ detector, rule }) => `${text(detector)}/${text(rule)}`) : [];
}
