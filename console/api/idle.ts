/** Screens ask again by themselves whenever something changes: after this long without a hand on the page, that is not the person's asking. */
const IDLE_MS = 60_000;

let touchedAt = Date.now();

for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const) {
  addEventListener(kind, () => {
    touchedAt = Date.now();
  }, { capture: true, passive: true });
}

/** Whether nobody did anything here lately. Control ends sessions that are idle, and what is asked meanwhile must not keep one open. */
export function isIdle(): boolean {
  return Date.now() - touchedAt >= IDLE_MS;
}
