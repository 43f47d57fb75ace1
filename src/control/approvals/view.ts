import { html, type Html } from '../../domain/markup.ts';
import type { Shown } from './present.ts';
import { stateOf } from './words.ts';

/** A call as an approver reads it: all of it, a line a line, with what can't be seen marked. Nothing is cut, folded away or loaded later. */
export function viewOf(shown: Shown, now: number): Html {
  const { approval, before, definition, path, policies, risen } = shown;
  const { body } = approval;
  const seen = body.findings.map(({ detector, rule, severity }) => `${detector}/${rule} (${severity})`);
  return html`<dl><dt>Call</dt><dd><strong>${body.resource.server} / ${body.resource.name}</strong>${
    body.effect === undefined ? undefined : html` <span class="${RISKY.has(body.effect) ? 'tag bad' : 'tag'}">${body.effect}</span>`}</dd>
<dt>Asked by</dt><dd>${body.principal.id}, through agent <strong>${body.principal.agent}</strong>${
    body.principal.actors.length === 0 ? undefined : html`, for ${body.principal.actors.join(', ')}`}</dd>
<dt>State</dt><dd>${stateOf(approval, now)}, until ${time(body.expiresAt)}</dd>
<dt>Must approve</dt><dd>${body.gates.map(({ value }) => value).join(', ')}</dd>
${body.words.length === 0 ? undefined : html`<dt>Approved by</dt><dd>${body.words.map(({ by }) => by).join(', ')}</dd>`}
<dt>Its caller has read</dt><dd>${labelsOf(shown)}</dd>
${seen.length === 0 ? undefined : html`<dt>Found in it</dt><dd>${seen.join(', ')}</dd>`}
<dt>Digest</dt><dd><code>${body.digest}</code></dd></dl>
${risen ? html`<div class="note bad" role="alert"><strong>Its caller has read more since it was asked</strong>
<p>It can't be approved as it is; its next try asks anew.</p></div>` : undefined}
${shown.hasHidden ? html`<div class="note warn" role="alert"><strong>It holds characters that can't be seen</strong>
<p>They are shown as &lt;U+…&gt;.</p></div>` : undefined}
${shown.preview === undefined ? undefined : html`<h2>What it would do, by its dry run</h2>${linesOf(shown.preview)}`}
<h2>What will be sent, all of it</h2>${linesOf(shown.text)}
<h2>The same, exactly</h2>${linesOf(shown.exact)}
${path.length === 0 ? undefined : html`<h2>Where its values come from</h2>${linesOf(path.join('\n'))}`}
${before === undefined ? html`<p class="soft">No call of this has been approved before.</p>`
  : html`<h2>What differs from the last one that was approved (${time(before.at)})</h2>${linesOf(before.diff, true)}`}
${definition === undefined ? undefined : html`<h2>What its server says that it does</h2>${linesOf(definition)}`}
${policies.map(({ id, text }) => html`<h2>Because of policy ${id}</h2>${linesOf(text)}`)}`;
}

const RISKY: ReadonlySet<string> = new Set(['destroy', 'execute', 'communicate', 'transact']);

function labelsOf({ approval: { body: { labels } } }: Shown): string {
  return [labels.confidentiality, labels.integrity, ...labels.categories].join(', ');
}

/** Every line on its own, for a browser folds line breaks together; `diff`: by their first sign. */
function linesOf(text: string, diff = false): Html {
  return html`<ol class="whole">${text.replace(/\n$/, '').split('\n').map((line) => html`<li${diff ? classOf(line) : undefined}>${marked(line)}</li>`)}</ol>`;
}

function classOf(line: string): Html | undefined {
  if (line.startsWith('+')) return html` class="more"`;
  return line.startsWith('-') ? html` class="less"` : undefined;
}

function marked(line: string): readonly Html[] {
  return line.split(/(<U\+[0-9A-F]{4,6}>)/).map((part, index) => (index % 2 === 0 ? html`${part}` : html`<mark>${part}</mark>`));
}

export function time(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}
