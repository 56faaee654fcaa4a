import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const suites = ['packages/*/src', 'test', 'tools'];

/** Both configurations; they differ only in which half of the tests they take. */
export function suite(slow: boolean): ReturnType<typeof defineConfig> {
  return defineConfig({
    root: fileURLToPath(new URL('..', import.meta.url)),
    test: {
      include: suites.map((folder) => `${folder}/**/*${slow ? '.slow' : ''}.test.ts`),
      exclude: [...configDefaults.exclude, ...(slow ? [] : ['**/*.slow.test.ts'])],
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: slow ? 600_000 : 30_000,
      hookTimeout: slow ? 600_000 : 30_000,
      passWithNoTests: slow,
    },
  });
}

export default suite(false);
