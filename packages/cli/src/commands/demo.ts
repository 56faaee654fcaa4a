import { defineCommand } from './spec.ts';

export const demoCommand = defineCommand({
  usage: 'demo',
  doc: false,
  examples: [],
  build: (yargs) => yargs,
  run: async (_args, io) => {
    const { demo } = await import('../demo.ts');
    return demo(io);
  },
});
