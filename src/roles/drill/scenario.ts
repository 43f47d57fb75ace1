import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Pack } from '../../exercise/pack.ts';
import { readScenarios } from '../../redteam/read.ts';
import type { Scenario } from '../../redteam/scenario.ts';

/** Stands in a scenario where an inject has been played: nothing is asked of the gate there. */
export function markOf(inject: string): string {
  return `/exercise/${inject}`;
}

/** A pack's stage and the steps of all of its injects as one scenario. Throws `ERR_CONFIG_INVALID` with what does not fit. */
export function scenarioOf(pack: Pack): Scenario {
  const { id, title, setting, techniques, stage, injects } = pack;
  const steps = injects.flatMap((inject): readonly Json[] => [
    ...(inject.steps ?? []), { do: 'administer', method: 'POST', path: markOf(inject.id), body: {} },
  ]);
  const scenario = {
    id, title, story: setting.slice(0, 2_000), techniques: [...techniques], claim: 'missed', by: [], gap: 'people are to act', ...stage, steps,
  };
  const [read] = readScenarios({
    value: { apiVersion: 'sallyport/v1', scenarios: [scenario] },
    invalid: (complaints, remedy) => new SallyportError(
      'ERR_CONFIG_INVALID', complaints.slice(0, 5).map(({ path, message }) => `exercise ${id}, ${path.slice(2).join('.')}: ${message}`).join('; '), { remedy },
    ),
  });
  if (read === undefined) throw new SallyportError('ERR_INTERNAL', `exercise ${id} could not be read`);
  return read;
}
