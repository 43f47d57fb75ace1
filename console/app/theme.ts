const KEY = 'sallyport-theme';

/** Light or dark as the system says, until somebody chooses; the choice stays in this browser. */
export function applyTheme(): void {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
}

export function toggleTheme(): void {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const now = document.documentElement.dataset['theme'] ?? system;
  localStorage.setItem(KEY, now === 'dark' ? 'light' : 'dark');
  applyTheme();
}
