import { profile, ToolError } from '@kwind/x86';
import { boot, bootFull } from '../../boot.ts';
import { ScriptError } from '../errors.ts';
import { machineName } from './machine.ts';
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
  usage: 'boot [full [MACHINE]]',
  doc: 'What the kernel does up to its first early mapping: the tables of head_64, the first C code, early_ioremap_init(); or a whole boot on a machine.',
  example: 'boot full q35',
  read({ cursor, machines }, place) {
    if (cursor.ended) return { kind: 'boot', place };
    const word = cursor.word('full, or the end of the statement');
    if (word.text !== 'full')
      return cursor.fail(
        'script/syntax',
        `"${word.text}" stands where the statement should end.`,
        'A whole boot is boot full.',
        word.place,
      );
    if (cursor.ended) return { kind: 'boot', full: { machine: machines.latest }, place };
    const name = cursor.piece(machineName, 'the name of a machine');
    return { kind: 'boot', full: { name, machine: machines.take(name, cursor) }, place };
  },
  print: ({ full }) => ['boot', ...(full ? ['full'] : []), ...(full?.name ? [full.name.text] : [])].join(' '),
  check({ full, place }, { profile: target, fail }) {
    if (full && !target.mmu) fail('script/name', place, 'a whole boot needs CONFIG_MMU, which is off.', 'Write boot.');
  },
  run: ({ full }, running) =>
    running.kernelCall('boot', [], () => (full ? bootFull(running.ctx, full.machine) : boot(running.ctx))),
};
