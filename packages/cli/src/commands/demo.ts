import { defineCommand } from './spec.ts';

export const demoCommand = defineCommand({
  usage: 'demo',
  doc: 'import a real boot log, say what happened, and walk a few events backward',
  examples: [{ command: 'demo', what: 'writes its trace beside the tools of this checkout' }],
  build: (yargs) => yargs,
  run: async (_args, io) => {
    const { demo } = await import('../demo.ts');
    return demo(io);
  },
});
