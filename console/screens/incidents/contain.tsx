import { useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import type { ContainedShown, ContainmentVerbs } from '../../../src/control/containments/answer.ts';
import type { IncidentShown } from '../../../src/control/incidents/answer.ts';
import { useAsk, useChange } from '../../api/ask.ts';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Select } from '../../kit/field.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Facts, Problem } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { t, tWord } from '../../texts/t.ts';

type VerbKind = ContainmentVerbs['verbs'][number];

const HOUR_MS = 60 * 60_000;
/** Acts on the incident as a whole stand where its evidence is. */
const ELSEWHERE: ReadonlySet<string> = new Set(['evidence-bundle']);

/** Stops or narrows something because of an incident: what it would do is shown before it can be done. */
export function Contain({ incident, onClose }: { readonly incident: IncidentShown; readonly onClose: () => void }): ReactNode {
  const verbs = useAsk<ContainmentVerbs>('/containments/verbs');
  return (
    <Dialog title={t('incidents.containOne')} onClose={onClose} wide>
      <Asked of={verbs}>
        {({ verbs: all }) => <Form incident={incident} verbs={all.filter(({ verb }) => !ELSEWHERE.has(verb))} onClose={onClose} />}
      </Asked>
    </Dialog>
  );
}

interface Wanted {
  readonly verb: string;
  readonly target: string;
  readonly name: string;
  readonly hours: string;
  readonly reason: string;
}

function Form({ incident, verbs, onClose }: {
  readonly incident: IncidentShown; readonly verbs: readonly VerbKind[]; readonly onClose: () => void;
}): ReactNode {
  const [wanted, setWanted] = useState<Wanted>(() => startingWith(incident, verbs));
  const rehearsal = useChange<ContainedShown>();
  const change = useChange<ContainedShown>();
  const kind = verbs.find(({ verb }) => verb === wanted.verb);
  const targets = (kind?.targets ?? []).filter((target) => target !== 'incident');
  const set = (some: Partial<Wanted>): void => {
    const next = { ...wanted, ...some };
    const of = (verbs.find(({ verb }) => verb === next.verb)?.targets ?? []).filter((target) => target !== 'incident');
    const target = of.find((one) => one === next.target) ?? of.find((one) => namesOf(incident, one).length > 0) ?? of[0] ?? '';
    const name = target === next.target && some.verb === undefined ? next.name : namesOf(incident, target)[0] ?? '';
    setWanted({ ...next, target, name });
    // What was shown was of something else.
    if (some.reason === undefined) rehearsal.reset();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const body = bodyOf(incident, wanted, kind);
    if (rehearsal.data === undefined) rehearsal.mutate({ method: 'POST', path: '/containments', body: { ...body, dryRun: true } });
    else change.mutate({ method: 'POST', path: '/containments', body }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit}>
      <Select label={t('incidents.verb')} value={wanted.verb} onChange={(verb) => set({ verb })}
        choices={verbs.map(({ verb }): Choice => [verb, tWord('verb', verb)])}
        {...(kind === undefined ? {} : { hint: kind.does })} />
      <Select label={t('incidents.target')} value={wanted.target} onChange={(target) => set({ target, name: namesOf(incident, target)[0] ?? '' })}
        choices={targets.map((target): Choice => [target, tWord('about', target)])} />
      {isNamed(wanted.target) && <Field label={t('incidents.name')} value={wanted.name} onChange={(name) => set({ name })} required mono />}
      {kind?.way === 'standing' && (
        <Field label={t('incidents.hours')} kind="number" value={wanted.hours} onChange={(hours) => set({ hours })} required />
      )}
      <Field label={t('kit.reason')} value={wanted.reason} onChange={(reason) => set({ reason })} required />
      {rehearsal.isError && <Problem error={rehearsal.error} />}
      {rehearsal.data !== undefined && <Would contained={rehearsal.data} />}
      {change.isError && <Problem error={change.error} />}
      <details className="same-command"><summary>{t('kit.sameCommand')}</summary><CommandLine words={commandOf(incident, wanted, kind)} /></details>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('kit.cancel')}</Button>
        {rehearsal.data === undefined
          ? <Button type="submit" tone="primary" disabled={rehearsal.isPending}>{t('incidents.rehearse')}</Button>
          : <Button type="submit" tone="danger" disabled={change.isPending}>{t('incidents.doIt')}</Button>}
      </footer>
    </form>
  );
}

/** What it would do, in control's own words. */
function Would({ contained: { does, back, wide, touched } }: { readonly contained: ContainedShown }): ReactNode {
  return (
    <section className="incidents-would" aria-label={t('incidents.would')} role="status">
      <h3>{t('incidents.would')}</h3>
      <Facts rows={[
        [t('incidents.does'), does], [t('incidents.back'), back], [t('incidents.wide'), wide ? t('incidents.wideSays') : undefined],
        ...Object.entries(touched).map(([name, { count, names }]) => [
          tWord('touched', name),
          <span key={name}>{count} <Text value={names.join(', ')} max={600} /></span>,
        ] as const),
      ]} />
    </section>
  );
}

function namesOf({ subjects }: IncidentShown, target: string): readonly string[] {
  return Object.entries(subjects).find(([kind]) => kind === target)?.[1] ?? [];
}

function isNamed(target: string): boolean {
  return target !== 'all' && target !== 'space';
}

function startingWith(incident: IncidentShown, verbs: readonly VerbKind[]): Wanted {
  const kind = verbs.find(({ verb }) => verb === 'quarantine-server') ?? verbs[0];
  const target = kind?.targets.find((one) => namesOf(incident, one).length > 0) ?? kind?.targets[0] ?? 'server';
  return { verb: kind?.verb ?? '', target, name: namesOf(incident, target)[0] ?? '', hours: '24', reason: '' };
}

function bodyOf({ id }: IncidentShown, { verb, target, name, hours, reason }: Wanted, kind: VerbKind | undefined): object {
  const ms = Math.round(Number(hours) * HOUR_MS);
  return { verb, scope: { target, name: isNamed(target) ? name : '' }, reason, incident: id, ...(kind?.way === 'standing' && ms > 0 ? { forMs: ms } : {}) };
}

function commandOf({ id }: IncidentShown, { verb, target, name, hours, reason }: Wanted, kind: VerbKind | undefined): readonly string[] {
  const scope = target === 'all' ? ['--all'] : target === 'space' ? ['--space-wide'] : [`--${target}`, name];
  return ['incident', 'contain', verb, ...scope, ...(kind?.way === 'standing' ? ['--for', `${hours}h`] : []), '--incident', id, '--reason', reason];
}
