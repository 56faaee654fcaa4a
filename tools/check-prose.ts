// Text that only makes sense on the machine where it was written must not be committed.
import { pathToFileURL } from 'node:url';
import { projectFiles, readText } from './lib/tree.ts';

export interface Leak {
  readonly path: string;
  readonly line: number;
  readonly why: string;
}

const forbidden: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\.\.\/shared\b/, why: 'a path that leaves the repository' },
  { pattern: /(?<![\w.:/-])\/work\//, why: 'a path of one particular machine' },
  { pattern: /\b(?:registry|mirror)\.[\w-]+\.[a-z]{2,}\b/, why: 'the host of a package registry' },
  { pattern: /\b(?:npmjs|yarnpkg)\.(?:com|org)\b/, why: 'the host of a package registry' },
  { pattern: /\bregistry\s*=\s*\S*:\/\//, why: 'the address of a package registry' },
];

export function checkText(path: string, text: string): readonly Leak[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      forbidden.filter(({ pattern }) => pattern.test(line)).map(({ why }) => ({ path, line: index + 1, why })),
    );
}

export function checkProject(): readonly Leak[] {
  return projectFiles().flatMap((path) => {
    const text = readText(path);
    // A NUL is how git tells a binary file as well.
    return text.includes('\0') ? [] : checkText(path, text);
  });
}

export function describeLeak(leak: Leak): string {
  return `${leak.path}:${leak.line}: names ${leak.why}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const leaks = checkProject();
  for (const leak of leaks) console.error(describeLeak(leak));
  console.log(`prose: ${leaks.length} leaks`);
  process.exitCode = leaks.length === 0 ? 0 : 1;
}
