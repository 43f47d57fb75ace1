import type { JsonObject } from '../../domain/json.ts';
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

function gone(): Response {
  return new Response(null, { status: 503 });
}
