import type { Access } from '../../src/control/access.ts';
import type { Me } from '../../src/control/admins/answer.ts';
import { useAsk } from './ask.ts';

/** Whether who is signed in may do that here; while it isn't known yet: no. The API decides each request anew, whatever stands here. */
export function useMay(access: Access, reach: 'space' | 'organisation' = 'space'): boolean {
  const { data } = useAsk<Me>('/me');
  return (reach === 'organisation' ? data?.mayEverywhere : data?.may)?.includes(access) ?? false;
}
