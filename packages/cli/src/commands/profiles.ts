import { print, printJson } from '../output.ts';
import { jsonOption } from './options.ts';
import { defineCommand } from './spec.ts';

/** Columns that the list of keys takes where no terminal limits it. */
const WIDEST_KEYS = 100;

export const profilesCommand = defineCommand({
  usage: 'profiles',
  doc: 'list the kernel builds that kwind can simulate, and what --set can change',
  examples: [{ command: 'profiles --json', what: 'for a program' }],
  build: (yargs) => yargs.options(jsonOption),
  run: async (args, io) => {
    const { defaultProfileName, overrideKeys, profile, profileNames } = await import('@kwind/x86');
    const { table } = await import('../render/table.ts');
    const { widthOf, wrapped } = await import('../terminal.ts');
    const builds = profileNames.map((name) => profile(name));
    if (args.json) {
      const profiles = builds.map(({ name, title, kernel, levels, nrFixBtmaps, fixBtmapsSlots }) => ({
        name,
        title,
        kernel,
        levels,
        nrFixBtmaps,
        fixBtmapsSlots,
      }));
      await printJson(io, { default: defaultProfileName, profiles, overrides: overrideKeys });
      return 0;
    }
    const rows = builds.map(({ name, title }) => [name === defaultProfileName ? '*' : '', name, title]);
    await print(io, [
      ...table([{ head: '' }, { head: 'name' }, { head: 'what it is' }], rows),
      '',
      '* is the default. --set changes one value, as --set nr_cpus=64:',
      ...wrapped(`  ${overrideKeys.join(', ')}`, Math.min(WIDEST_KEYS, widthOf(io)), '  ', Infinity),
    ]);
    return 0;
  },
});
