import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

const skippedFolders = new Set(['.git', 'node_modules', 'coverage']);

function walk(folder: string, found: string[]): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (skippedFolders.has(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(path, found);
    else if (entry.isFile()) found.push(path);
  }
}

function listedByGit(): readonly string[] | null {
  if (!existsSync(join(root, '.git'))) return null;
  const asked = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const git = spawnSync('git', asked, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (git.status !== 0) return null;
  // A file deleted but not yet committed is still listed.
  return git.stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

/**
 * Paths of the project's files, relative to the root, with `/`, sorted.
 * What git would keep; everything outside node_modules where there is no git (a fresh machine, an unpacked archive).
 */
export function projectFiles(): readonly string[] {
  const listed = listedByGit();
  if (listed !== null) return [...listed].sort();
  const found: string[] = [];
  walk('', found);
  return found.sort();
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function isSource(path: string): boolean {
  return /^(?:packages|test|tools)\/.*\.(?:ts|mts|mjs|js)$/.test(path) && !path.endsWith('.d.ts');
}

/** Test files beside their source, and everything in the test workspace. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}
