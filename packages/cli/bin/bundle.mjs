// Which form of the program runs: the bundle that tools/bundle.ts made of it, or its sources. Plain JavaScript without
// dependencies, as kwind.mjs is.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Under node_modules, which git and all tools pass over: it belongs to what was installed. */
export const bundles = fileURLToPath(new URL('../node_modules/.kwind/', import.meta.url));
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The URL of the bundle's entry, or null when there is no whole bundle of just the sources that are there.
 * Its manifest: `files`, path relative to the root -> size and mtimeMs, of all that it was made of and all that it
 * consists of; `entry`, one of them.
 */
export function freshBundle() {
  try {
    const { entry, files } = JSON.parse(readFileSync(join(bundles, 'manifest.json'), 'utf8'));
    if (files[entry] === undefined) return null;
    for (const path in files) {
      const found = statSync(root + path, { throwIfNoEntry: false });
      const [size, mtimeMs] = files[path];
      if (found === undefined || found.size !== size || found.mtimeMs !== mtimeMs) return null;
    }
    return pathToFileURL(root + entry).href;
  } catch {
    return null; // none was made, or something half-written is there
  }
}
