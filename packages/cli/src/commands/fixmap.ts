import { print, printJson } from '../output.ts';
import { jsonOption, profileOptions, splitOverrides } from './options.ts';
import { defineCommand } from './spec.ts';

export const fixmapCommand = defineCommand({
  usage: 'fixmap [what]',
  doc: 'print the fixmap of a kernel build, or look up a name, an index or an address',
  examples: [
    { command: 'fixmap', what: 'the whole table of the default build' },
    { command: 'fixmap FIX_APIC_BASE', what: 'fix_to_virt() and virt_to_fix() of a name' },
    { command: 'fixmap FIX_BTMAP_BEGIN-5', what: 'an index counted from a name' },
    { command: 'fixmap 0xffffffffff5fd000 --profile linux-4.4', what: 'the index of an address' },
  ],
  build: (yargs) =>
    yargs
      .positional('what', { type: 'string', describe: 'NAME, NAME+n, INDEX or ADDRESS' })
      .options({ ...profileOptions, ...jsonOption }),
  run: async (args, io) => {
    const { answerFixmap, defaultProfileName, describeFixmap, profile } = await import('@kwind/x86');
    const render = await import('../render/fixmap.ts');
    const build = profile(args.profile ?? defaultProfileName, splitOverrides(args.set));
    if (args.what === undefined) {
      const rows = describeFixmap(build);
      await (args.json ? printJson(io, render.fixmapJson(build, rows)) : print(io, render.renderFixmap(build, rows)));
    } else {
      const answer = answerFixmap(build, args.what);
      await (args.json
        ? printJson(io, render.fixmapAnswerJson(build, answer))
        : print(io, render.renderFixmapAnswer(build, answer)));
    }
    return 0;
  },
});
