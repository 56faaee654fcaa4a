import { profile, ToolError } from '@kwind/x86';
import { boot } from '../../boot.ts';
import { ScriptError } from '../errors.ts';
import type { StatementSpec } from './spec.ts';

const namePattern = /[^\s;{}=]+/y;
const optionPattern = /[^\s;{}=]+=[^\s;{}]*/y;

export const profileStatement: StatementSpec<'profile'> = {
  kind: 'profile',
  keyword: 'profile',
  usage: 'profile NAME [KEY=VALUE …]',
  doc: 'The kernel build to run on, with single values changed. Only as the first statement.',
  example: 'profile linux-6.1 nr_cpus=64 CONFIG_MMU=n',
  read({ cursor }, place) {
    const name = cursor.piece(namePattern, 'the name of a profile');
    const options: string[] = [];
    let at = name.place;
    try {
      profile(name.text);
      while (!cursor.ended) {
        const option = cursor.piece(optionPattern, 'KEY=VALUE');
        at = option.place;
        options.push(option.text);
        profile(name.text, options);
      }
    } catch (error) {
      if (!(error instanceof ToolError) || error instanceof ScriptError) throw error;
      throw new ScriptError('script/name', at, error.message, error.hint, { cause: error });
    }
    return { kind: 'profile', name: name.text, options, place };
  },
  print: ({ name, options }) => ['profile', name, ...options].join(' '),
};

export const bootStatement: StatementSpec<'boot'> = {
  kind: 'boot',
  keyword: 'boot',
  usage: 'boot',
  doc: 'What the kernel does up to its first early mapping: the tables of head_64, the first C code, early_ioremap_init().',
  example: 'boot',
  read: (_reading, place) => ({ kind: 'boot', place }),
  print: () => 'boot',
  run: (_statement, running) => running.kernelCall('boot', [], () => boot(running.ctx)),
};
