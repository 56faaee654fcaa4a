import { jsonLine, print, printJson } from '../output.ts';
import { jsonOption } from './options.ts';
import { defineCommand } from './spec.ts';

export const eventsCommand = defineCommand({
  usage: 'events [type]',
  doc: 'print the catalogue of events, or all about one type',
  examples: [
    { command: 'events', what: 'every type with its code and fields' },
    { command: 'events pte.written', what: 'meaning, fields, kernel source and an example' },
    { command: "events 'slot.*' --json", what: 'some types, for a program' },
  ],
  build: (yargs) =>
    yargs.positional('type', { type: 'string', describe: 'a type, or a pattern such as pte.*' }).options(jsonOption),
  run: async (args, io) => {
    const { catalog, codesMatching, EVENT_SCHEMA } = await import('@kwind/events');
    const { exampleOf, renderCatalogue, renderSpec } = await import('../render/catalogue.ts');
    const codes = codesMatching(args.type ?? '*');
    const specs = catalog.filter((spec) => codes.includes(spec.code));
    if (args.json) {
      await printJson(io, {
        schema: EVENT_SCHEMA,
        events: specs.map((spec) => ({ ...spec, example: exampleOf(spec) })),
      });
    } else if (args.type === undefined) {
      await print(io, [...renderCatalogue(specs), '', 'kwind events TYPE tells more about one.']);
    } else {
      const described = specs.map((spec) => renderSpec(spec, jsonLine(exampleOf(spec))));
      await print(
        io,
        described.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])),
      );
    }
    return 0;
  },
});
