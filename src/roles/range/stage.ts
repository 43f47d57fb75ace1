import type { JsonObject } from '../../domain/json.ts';
import type { Control } from '../../redteam/controls.ts';
import type { Stage } from '../../redteam/stage.ts';
import type { Range } from './range.ts';

/** A range as red-team scenarios are played on it. `settings`: keys of the manifest that are laid over the configuration for the trial of a control. */
export function stageOn(range: Range, settings: JsonObject = {}): Stage {
  let served = 0;
  return {
    gateUrl: range.url,
    async serve(answer) {
      served += 1;
      const name = `toy-${served}`;
      const { url } = await range.serve(name, answer);
      return { url, stop: async () => void (await range.serve(name, gone)) };
    },
    arrange: ({ servers, policy }) => range.stage({ servers, policy, settings }),
    token: (agent, groups) => range.token({ agent, groups }),
    administer: (method, path, body) => range.ask(method, path, body),
  };
}

/** The same without a control, as configuration can do without it; what no configuration turns off stays. */
export function stageWithout(range: Range, { off }: Control): Stage {
  const stage = stageOn(range, off.by === 'manifest' ? off.patch : {});
  return off.by === 'permits' ? { ...stage, arrange: ({ servers }) => stage.arrange({ servers, policy: 'permit(principal, action, resource);' }) } : stage;
}

function gone(): Response {
  return new Response(null, { status: 503 });
}
