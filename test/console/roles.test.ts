import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Access } from '../../src/control/access.ts';
import { ROUTES } from '../../src/control/routes.ts';
import { verifies } from '../e2e/requirements.ts';
import { direct } from './direct.ts';
import { useConsole, type Role } from './harness.ts';
import { declaredScreens } from './screens.ts';

setDefaultTimeout(300_000);

const open = useConsole();

/** What each role may (docs/identity/administration.md), said once more: whoever changes it says so twice. */
const MAY: Readonly<Record<Role, readonly Access[]>> = {
  admin: ['self', 'read', 'change', 'approve', 'audit', 'investigate', 'stop', 'govern', 'observe', 'protect'],
  approver: ['self', 'read', 'approve'],
  analyst: ['self', 'read', 'audit', 'investigate', 'stop'],
  auditor: ['self', 'read', 'audit'],
};
const ROLES = ['admin', 'approver', 'analyst', 'auditor'] as const;

/** Asked with something that no route knows: whoever may is told that this is wrong, before anything is done; whoever may not, that they may not. */
const UNKNOWN = 'nobody-knows-this=1';

test(verifies('console-roles', 'every route is each role\'s, or not, as policy says; without a session none is anybody\'s'), async () => {
  const nobody = await direct('nobody');
  const wrong: string[] = [];
  for (const role of ROLES) {
    const { ask } = await direct(role);
    for (const { method, path, access, local } of ROUTES) {
      const asked = `${path.replaceAll(/:\w+/g, 'nothing')}?${UNKNOWN}`;
      const { status, code } = await ask(method, asked, method === 'GET' ? {} : { body: {} });
      const expected = local ? 'ERR_METHOD_NOT_ALLOWED' : MAY[role].includes(access) ? 'ERR_REQUEST_INVALID' : 'ERR_ADMIN_FORBIDDEN';
      if (code !== expected) wrong.push(`${role}: ${method} ${path} (${access}${local ? ', local' : ''}): ${status} ${code}`);
    }
  }
  for (const { method, path } of ROUTES) {
    const { status, code } = await nobody.ask(method, path.replaceAll(/:\w+/g, 'nothing'), method === 'GET' ? {} : { body: {} });
    if (status !== 401) wrong.push(`nobody: ${method} ${path}: ${status} ${code}`);
  }
  expect(wrong).toEqual([]);
});

test(verifies('console-roles', 'each role is offered the screens that it may see, and no others; the address of another shows that it may not'), async () => {
  const screens = declaredScreens();
  expect(screens.filter(({ name, needs, paths }) => name === '' || needs === '' || paths.length === 0)).toEqual([]);
  for (const role of ROLES) {
    const { page } = await open({ role, allows: [/403 \(Forbidden\)/] });
    await page.locator('nav a').first().waitFor();
    const offered = await page.locator('nav a').evaluateAll((links: readonly { readonly pathname: string }[]) => links.map(({ pathname }) => pathname));
    const may = (access: string): boolean => MAY[role].some((one) => one === access);
    expect(offered.toSorted()).toEqual(screens.filter(({ needs }) => may(needs)).map(({ paths: [path = ''] }) => `/console${path}`).toSorted());
    for (const { paths: [path = ''] } of screens.filter(({ needs }) => !may(needs))) {
      await page.goto(page.url().replace(/\/console\/.*$/, `/console${path}`));
      await page.getByText('Your role does not allow this').first().waitFor();
    }
  }
});
