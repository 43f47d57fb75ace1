/** What passwords of twelve characters and more are commonly made of; a password that is nothing else is guessed first. */
const PARTS = [
  'password', 'passwort', 'passw0rd', 'p@ssword', 'p@ssw0rd', 'motdepasse', 'contrasena', 'wachtwoord', 'letmein', 'welcome', 'iloveyou', 'iloveu',
  'princess', 'sunshine', 'football', 'baseball', 'basketball', 'superman', 'batman', 'pokemon', 'starwars', 'master', 'dragon', 'monkey', 'shadow',
  'michael', 'jennifer', 'jordan', 'ashley', 'charlie', 'whatever', 'trustno1', 'freedom', 'computer', 'internet', 'samsung', 'google', 'microsoft',
  'windows', 'apple', 'facebook', 'linkedin', 'twitter', 'amazon', 'github', 'secret', 'security', 'access', 'login', 'signin', 'admin',
  'administrator', 'root', 'user', 'guest', 'test', 'testing', 'demo', 'default', 'changeme', 'change', 'temp', 'company', 'corporate', 'manager',
  'sallyport', 'gateway', 'agent', 'mcp', 'spring', 'summer', 'autumn', 'winter', 'january', 'february', 'march', 'april', 'june', 'july', 'august',
  'september', 'october', 'november', 'december', 'monday', 'friday', 'london', 'paris', 'berlin', 'newyork', 'america', 'england', 'deutschland',
  'liverpool', 'chelsea', 'arsenal', 'barcelona', 'hello', 'love', 'baby', 'angel', 'jesus', 'blessed', 'qwerty', 'qwertz', 'azerty', 'asdf',
  'asdfgh', 'zxcv', 'zxcvbn', 'correcthorsebatterystaple', 'correcthorse', 'batterystaple', 'the', 'my', 'is', 'and', 'you', 'new', 'one', 'me', 'i',
].toSorted((a, b) => b.length - a.length);

/** Rows of keyboards and the alphabet: a run along one of them is as good as one character. */
const RUNS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm', '1qaz2wsx3edc4rfv5tgb6yhn7ujm'];

const DISTINCT_MIN = 6;
const LEFT_MIN = 4;

/** Whether a password (in lower case) is common: few characters repeated, or nothing but common words, runs, years and signs. */
export function isCommon(lower: string): boolean {
  if (new Set(lower).size < DISTINCT_MIN) return true;
  let left = lower;
  for (const part of PARTS) left = left.replaceAll(part, '');
  left = left.replaceAll(/(?:19|20)\d\d/g, '');
  return withoutRuns(left).replaceAll(/[\d\s\p{P}\p{S}]/gu, '').length < LEFT_MIN && !/\d{9}/.test(withoutRuns(lower));
}

function withoutRuns(text: string): string {
  let left = text;
  for (const row of RUNS) {
    for (const run of [row, Array.from(row).toReversed().join('')]) {
      for (let at = 0; at + 4 <= run.length; at += 1) left = left.replaceAll(run.slice(at, at + 4), '');
    }
  }
  return left;
}
