import type { CommandSpec } from './spec.ts';

/** Every verb, in the order of `kwind --help`. A start loads the one it needs: each file costs time. */
const verbs: Readonly<Record<string, () => Promise<CommandSpec>>> = {
  import: async () => (await import('./import.ts')).importCommand,
  conform: async () => (await import('./conform.ts')).conformCommand,
  record: async () => (await import('./record.ts')).recordCommand,
  debug: async () => (await import('./debug.ts')).debugCommand,
  show: async () => (await import('./show.ts')).showCommand,
  log: async () => (await import('./log.ts')).logCommand,
  info: async () => (await import('./info.ts')).infoCommand,
  diff: async () => (await import('./diff.ts')).diffCommand,
  bisect: async () => (await import('./bisect.ts')).bisectCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  assert: async () => (await import('./assert.ts')).assertCommand,
  baseline: async () => (await import('./baseline.ts')).baselineCommand,
  regress: async () => (await import('./regress.ts')).regressCommand,
  sql: async () => (await import('./sql.ts')).sqlCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  fixmap: async () => (await import('./fixmap.ts')).fixmapCommand,
  events: async () => (await import('./events.ts')).eventsCommand,
  profiles: async () => (await import('./profiles.ts')).profilesCommand,
  functions: async () => (await import('./functions.ts')).functionsCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
};

export const allCommands = (): Promise<readonly CommandSpec[]> =>
  Promise.all(Object.values(verbs).map((load) => load()));

/** The verb that a command line begins with; all of them when it begins with something else. */
export async function commandsFor(argv: readonly string[]): Promise<readonly CommandSpec[]> {
  const [first = ''] = argv;
  return Object.hasOwn(verbs, first) ? [await verbs[first]!()] : allCommands();
}
