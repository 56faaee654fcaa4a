import { quoteText } from '@kwind/state';
import type { MachineStatement, Word } from '../ast.ts';
import type { MachineLine } from '../machine/args.ts';
import { readLines } from '../machine/shelf.ts';
import type { StatementSpec } from './spec.ts';

export const machineName = /[A-Za-z][\w.-]*/y;

const print = ({ word, args }: MachineLine): string =>
  [word, ...args.map(({ text, quoted }) => (quoted ? quoteText(text) : text))].join(' ');

export const machineStatement: StatementSpec<'machine'> = {
  kind: 'machine',
  keyword: 'machine',
  usage: 'machine NAME [like NAME] { LINE … }, machine NAME',
  doc: 'Describe a machine for boot full, or choose one that is described or ready-made: small-pc, q35, uefi.',
  example: 'machine tiny { ram 64M; device 0000:00:03.0 mem 0xfebc0000 0x20000 ahci; window mem 0x4000000 0xfac00000 }',
  read({ cursor, machines }, place): MachineStatement {
    const name = cursor.piece(machineName, 'the name of a machine');
    let like: Word | undefined;
    if (cursor.peek() === 'like') {
      cursor.word('like');
      like = cursor.piece(machineName, 'the name of a machine');
    }
    if (!like && cursor.ended) {
      machines.choose(machines.take(name, cursor));
      return { kind: 'machine', name, place };
    }
    const base = like && machines.take(like, cursor);
    const open = cursor.place;
    cursor.expect('{', 'before the description');
    const lines = readLines(cursor);
    if (!cursor.take('}'))
      cursor.fail('script/syntax', 'this { is never closed.', 'Add } where the description ends.', open);
    machines.put(name, base, lines);
    return { kind: 'machine', name, ...(like && { like }), lines, place };
  },
  print({ name, like, lines }) {
    if (!lines) return `machine ${name.text}`;
    const head = `machine ${name.text}${like ? ` like ${like.text}` : ''}`;
    return lines.length === 0 ? `${head} { }` : `${head} {\n${lines.map((line) => `  ${print(line)}`).join('\n')}\n}`;
  },
};
