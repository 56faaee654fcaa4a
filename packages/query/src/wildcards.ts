/**
 * Whether a text fits a pattern in which `many` stands for any letters and `one` for any single one. Unlike a regular
 * expression it takes at most the product of both lengths, whatever the pattern.
 */
export function fits(text: string, pattern: string, many: string, one: string): boolean {
  let [at, next] = [0, 0];
  // Behind the last `many`: where the pattern goes on, and how much of the text that `many` has taken.
  let [again, taken] = [-1, 0];
  while (at < text.length) {
    if (pattern[next] === many) {
      again = ++next;
      taken = at;
    } else if (next < pattern.length && (pattern[next] === one || pattern[next] === text[at])) {
      at++;
      next++;
    } else if (again >= 0) {
      at = ++taken;
      next = again;
    } else return false;
  }
  while (pattern[next] === many) next++;
  return next === pattern.length;
}
