import { compose } from './compose.ts';
import type { Playbook } from './form.ts';
import { preserveEvidence, tellWhoMustKnow } from './shipped/called.ts';
import { exfiltration } from './shipped/exfiltration.ts';
import { gatewayCompromise } from './shipped/gateway-compromise.ts';
import { leakedCredential } from './shipped/leaked-credential.ts';
import { maliciousPackage } from './shipped/malicious-package.ts';
import { promptInjection } from './shipped/prompt-injection.ts';
import { rogueServer } from './shipped/rogue-server.ts';
import { runaway } from './shipped/runaway.ts';
import { toolPoisoning } from './shipped/tool-poisoning.ts';
import { unauthorisedAction } from './shipped/unauthorised-action.ts';
import { vendorBreach } from './shipped/vendor-breach.ts';

let made: ReadonlyMap<string, Playbook> | undefined;

/** The ten playbooks and the two that they call, by id. Composed when they are first asked for. */
export function shippedPlaybooks(): ReadonlyMap<string, Playbook> {
  made ??= new Map([
    promptInjection, toolPoisoning, unauthorisedAction, vendorBreach, leakedCredential, rogueServer, maliciousPackage, exfiltration, gatewayCompromise, runaway,
    preserveEvidence, tellWhoMustKnow,
  ].map((draft) => {
    const playbook = compose(draft);
    return [playbook.id, playbook];
  }));
  return made;
}
