import { afterEach } from 'bun:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Colleague } from '../../demo/people.ts';
import { runLong } from '../fixtures/run-long.ts';
import { enter, launch } from './browser.ts';
import { enrolmentOf, installation, type Installation } from './installation.ts';
import { noteFaults } from './faults.ts';

export type Role = Colleague['role'];

/** Somebody who is not in the story, in groups of their own; whoever is named so is the same for the whole test process. */
export interface Newcomer {
  readonly userName: string;
  readonly groups: readonly string[];
}

export interface OpenOptions {
  readonly role: Role | Newcomer;
  /** Below `/console/`: `servers/crm`; by default what everybody may see. */
  readonly at?: string;
  /** What may be said in the browser's console in spite of all: a refusal that the test provokes. */
  readonly allows?: readonly RegExp[];
  readonly width?: number;
  /** Another browser than that of all tests: `launch`. */
  readonly browser?: Browser;
  readonly height?: number;
}

/** The console as somebody in a role has it open. */
export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly installation: Installation;
}

export type Open = (options: OpenOptions) => Promise<Opened>;

/**
 * For the top of a test file. What it gives opens the console in a real browser, of whoever has a role, signed in through the
 * real pages. After each test all that was opened is closed; the test fails if a page said something wrong meanwhile: errors in
 * its console, uncaught ones, anything that its content security policy stopped, a dialog, or a request to somewhere else.
 */
export function useConsole(): Open {
  const opened: { readonly context: BrowserContext; readonly faults: readonly string[] }[] = [];
  afterEach(async () => {
    const all = opened.splice(0);
    for (const { context } of all) await context.close();
    const faults = all.flatMap((one) => one.faults);
    if (faults.length > 0) throw new Error(`the console is not as it should be:\n${faults.join('\n')}`);
  });
  return async ({ role, at = 'servers', allows = [], width = 1440, height = 900, browser }) => {
    const { browser: usual, installation: of } = await running();
    const context = await (browser ?? usual).newContext({
      storageState: await signedIn(role), viewport: { width, height }, reducedMotion: 'reduce', locale: 'en-GB',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const faults = await noteFaults(context, of.control, allows);
    opened.push({ context, faults });
    const page = await context.newPage();
    await page.goto(`${of.control}/console/${at}`);
    return { page, context, installation: of };
  };
}

/** A browser without anybody's session, or with what is given; its faults are not looked at. Closed by whoever opens it. */
export async function openStranger(storageState?: StorageState): Promise<{ readonly context: BrowserContext; readonly installation: Installation }> {
  const { browser, installation: of } = await running();
  const context = await browser.newContext(storageState === undefined ? {} : { storageState });
  context.setDefaultTimeout(PATIENCE_MS);
  return { context, installation: of };
}

/** A browser of somebody who signed in, for pages of others: it takes whatever certificate they show. Closed by whoever opens it. */
export async function openElsewhere(role: Role): Promise<BrowserContext> {
  const { browser } = await running();
  return browser.newContext({ storageState: await signedIn(role), ignoreHTTPSErrors: true });
}

/** Tests wait for what happens; what never does fails. */
const PATIENCE_MS = 60_000;

const running = runLong<{ readonly browser: Browser; readonly installation: Installation }>(async () => {
  const of = await installation();
  return { installation: of, browser: await launch(of) };
}, async ({ browser }) => browser.close());

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>;
const sessions = new Map<string, Promise<StorageState>>();

/** What a browser keeps of somebody who signed in; each of them once. `cookies`: what it had before. */
export function signedIn(who: Role | Newcomer, cookies: Parameters<BrowserContext['addCookies']>[0] = []): Promise<StorageState> {
  const name = typeof who === 'string' ? who : who.userName;
  const known = sessions.get(name);
  if (known !== undefined) return known;
  const fresh = signIn(who, cookies);
  sessions.set(name, fresh);
  return fresh;
}

/** Opens an account by its link, and the console by its form, as a person would. */
async function signIn(who: Role | Newcomer, cookies: Parameters<BrowserContext['addCookies']>[0]): Promise<StorageState> {
  const { context, installation: of } = await openStranger();
  if (cookies.length > 0) await context.addCookies(cookies);
  await enter(context, of.control, await enrolmentOf(of, who));
  const state = await context.storageState();
  await context.close();
  return state;
}
