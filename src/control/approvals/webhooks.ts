import type { JsonObject } from '../../domain/json.ts';
import type { ApprovalsShape } from '../../registry/approval-shape.ts';
import type { Control } from '../control.ts';
import { postSigned } from '../notify/signed-post.ts';
import type { PostParts } from '../notify/signed-post.ts';
import { readApprovals } from './settings.ts';
import { pageOf, type Approval } from './words.ts';

type Webhook = NonNullable<ApprovalsShape['webhooks']>[string];

/** What people are told of. */
export type Told = 'asked' | 'escalated' | 'answered';

/** Leads people to the page: nothing that a call says, nor whose it is, ever goes this way. Never rejects. */
export type TellPeople = (what: Told, approval: Approval) => Promise<void>;

export interface WebhookParts extends PostParts, Pick<Control, 'report'> {
  readonly origin: () => string | undefined;
}

const TRIES_MS = [0, 1_000, 5_000];
const REPORT_MS = 60_000;

export function createWebhooks(parts: WebhookParts): TellPeople {
  const reported = new Map<string, number>();
  return async (what, approval) => {
    const { webhooks = {} } = await readApprovals(parts.store).catch((): ApprovalsShape => ({}));
    await Promise.all(Object.entries(webhooks).map(async ([name, hook]) => {
      for (const waitMs of TRIES_MS) {
        if (waitMs > 0) await Bun.sleep(waitMs);
        const problem = await postSigned(parts, hook, `${approval.id}.${what}`, (at) => bodyOf(hook, what, approval, linkOf(parts.origin(), approval), at));
        if (problem === undefined) return;
        if (waitMs !== TRIES_MS.at(-1) || parts.now() - (reported.get(name) ?? 0) < REPORT_MS) continue;
        reported.set(name, parts.now());
        parts.report(`the webhook ${name} was not told of approval ${approval.id}: ${problem}`);
      }
    }));
  };
}

function linkOf(origin: string | undefined, approval: Approval): string | undefined {
  return origin === undefined ? undefined : pageOf(approval, origin);
}

const SAYS: Readonly<Record<Told, string>> = {
  asked: 'A call waits for somebody to approve it', escalated: 'A call still waits, and nobody has answered', answered: 'A call was answered',
};

function bodyOf({ format = 'json' }: Webhook, what: Told, { id, body }: Approval, url: string | undefined, at: number): JsonObject {
  const place = `${body.resource.server}/${body.resource.name}`;
  const facts = `${place}, through agent ${body.principal.agent}; must approve: ${body.gates.map(({ value }) => value).join(', ')}`;
  const text = `${SAYS[what]}: ${facts}`;
  const where = url ?? `sallyport approve show ${id}`;
  if (format === 'slack') {
    const button = { type: 'button', text: { type: 'plain_text', text: 'Look at it' }, url: url ?? '' };
    return {
      text: `${slackText(text)} ${slackText(where)}`,
      blocks: [{ type: 'section', text: { type: 'plain_text', text } }, ...(url === undefined ? [] : [{ type: 'actions', elements: [button] }])],
    };
  }
  if (format === 'teams') {
    const content = {
      type: 'AdaptiveCard', version: '1.4', body: [{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text }] }],
      actions: url === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Look at it', url }],
    };
    return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] };
  }
  return {
    type: `sallyport.approval.${what}`, timestamp: new Date(at).toISOString(),
    data: {
      id, state: body.state, server: body.resource.server, name: body.resource.name, agent: body.principal.agent, effect: body.effect ?? null,
      needs: body.gates.map(({ value }) => value), expiresAt: body.expiresAt, ...(url === undefined ? {} : { url }),
    },
  };
}

/** Slack's three characters; names are other people's words. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
