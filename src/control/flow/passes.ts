import { randomUUID } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Json } from '../../domain/json.ts';
import type { Confidentiality } from '../../domain/server.ts';
import { strictOf } from '../../flow/provenance/strict.ts';
import type { Rows } from '../../store/store.ts';
import type { By, Control } from '../control.ts';
import { needStored, putStored } from '../stored.ts';

/** What a person says of one context: this value may go there; what comes from there counts, towards that sink, as no more than that. */
export type Said = { readonly sink: string; readonly reason: string; readonly minutes: number } & (
  | { readonly kind: 'endorse'; readonly value: string }
  | { readonly kind: 'declassify'; readonly source: string; readonly to: Confidentiality }
);

/**
 * Writes it into the context, for its life and the given time at most. It widens, so that it is recorded as every change is, and
 * takes a second person where administration does. Throws `ERR_REQUEST_INVALID`, `ERR_NOT_FOUND`.
 */
export async function passIn(by: By, key: string, said: Said, control: Control): Promise<Json> {
  const now = control.now();
  const until = now + said.minutes * 60_000;
  const id = randomUUID();
  const common = { id, sink: said.sink, until, by: by.admin.id, reason: said.reason };
  const pass = said.kind === 'endorse'
    ? { kind: said.kind, digest: control.flowDigest(formOf(said.value)), ...common } as const
    : { kind: said.kind, source: said.source, to: said.to, ...common } as const;
  // The value itself is in no record: who looks for it has its digest.
  const detail = { ...pass };
  await control.change(by, { resource: 'context', id: key, verb: said.kind, detail }, async (rows: Rows) => {
    const { body } = await needStored(rows, 'context', by.space, key);
    await needSink(rows, by.space, said.sink);
    const valid = (body.passes ?? []).filter((one) => one.until > now);
    if (valid.length >= LIMITS.flowPassesMax) {
      throw new SallyportError('ERR_REQUEST_INVALID', 'this context has too many exceptions',
        { remedy: 'Write an allow-list into the manifest (flow.allow), or reset the context.' });
    }
    await putStored(rows, 'context', by.space, key, { ...body, passes: [...valid, pass] }, by.admin.id);
  });
  return { ...detail, context: key };
}

function formOf(value: string): string {
  const strict = strictOf(value);
  if (strict !== undefined) return strict.form;
  throw new SallyportError('ERR_REQUEST_INVALID', 'this value can\'t be a trusted destination', {
    remedy: 'Write it plainly: no userinfo in URLs, no invisible characters, no letters of mixed scripts.',
  });
}

async function needSink(rows: Rows, space: string, sink: string): Promise<void> {
  const [server = '', ...tool] = sink.split('/');
  await needStored(rows, 'server', space, server);
  if (tool.length === 0) return;
  const { body } = await needStored(rows, 'baseline', space, server);
  if (body.surface.tools.some(({ name }) => name === tool.join('/'))) return;
  throw new SallyportError('ERR_NOT_FOUND', `${server} has no tool "${tool.join('/')}"`, { remedy: `See \`sallyport server show ${server}\`.` });
}
