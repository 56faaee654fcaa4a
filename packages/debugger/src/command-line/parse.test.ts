import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { commandHelp, commandWords, parseCommand } from './parse.ts';

describe('the debugger’s language', () => {
  it.each([
    ['s', { do: 'step', count: 1, direction: 'forward' }],
    ['rs 3', { do: 'step', count: 3, direction: 'backward' }],
    ['t-', { do: 'step', count: 1, direction: 'backward' }],
    ['p', { do: 'next', count: 1, direction: 'forward' }],
    ['p 4', { do: 'next', count: 4, direction: 'forward' }],
    ['p-', { do: 'next', count: 1, direction: 'backward' }],
    ['p slots_in_use', { do: 'print', expression: 'slots_in_use' }],
    ['rfin 2', { do: 'finish', count: 2, direction: 'backward' }],
    ['g-', { do: 'continue', count: 1, direction: 'backward' }],
    ['rc 0x10', { do: 'continue', count: 16, direction: 'backward' }],
    ['until -r slot 3', { do: 'until', spec: 'slot 3', direction: 'backward' }],
    ['!tt 50%', { do: 'goto', to: '50%' }],
    ['restart leak', { do: 'goto', to: '@leak' }],
    ['run', { do: 'goto', to: 'start' }],
    ['record goto begin', { do: 'goto', to: 'start' }],
    ['!tt ba- w 0x1000', { do: 'last', target: '0x1000' }],
    ['x/4gx 0x1000', { do: 'x', address: '0x1000', count: 4, unit: 'g', format: 'x' }],
    ['x /2wd bm_pte', { do: 'x', address: 'bm_pte', count: 2, unit: 'w', format: 'd' }],
    ['x bm_pte', { do: 'x', address: 'bm_pte', count: 1, unit: 'g', format: 'x' }],
    ['i slots', { do: 'info', topic: 'slots', argument: '' }],
    ['info wa', { do: 'info', topic: 'warnings', argument: '' }],
    ['info checkpoints', { do: 'info', topic: 'bookmarks', argument: '' }],
    ['bt', { do: 'backtrace' }],
    ['delete checkpoint @odd', { do: 'delete-bookmark', name: 'odd' }],
    ['delete display 2', { do: 'undisplay', numbers: [2] }],
    ['!tt', { do: 'when' }],
    ['!tt 50', { do: 'goto', to: '50%' }],
    ['!tt 23.65', { do: 'goto', to: '23.65%' }],
    ['!tt 640', { do: 'goto', to: '640' }],
    ['!tt ba- w 0x1000 8', { do: 'last', target: 'va 0x1000 len 8' }],
    ['ba w8 0x1000', { do: 'watch', target: 'va 0x1000 len 8', access: 'write' }],
    ['watch va 0x1000 len 4 rw', { do: 'watch', target: 'va 0x1000 len 4', access: 'access' }],
    ['watch slots[0].in_use', { do: 'watch', target: 'slots[0].in_use', access: 'write' }],
    ['ugo bookmark leak', { do: 'goto', to: '@leak' }],
    ['restart line:61', { do: 'goto', to: 'line:61' }],
    ['advance slot 3', { do: 'until', spec: 'slot 3', direction: 'forward' }],
    ['tcatch fault', { do: 'catch', trouble: 'fault', temporary: true }],
    ['commands', { do: 'commands', number: 0, lines: [] }],
    ['last', { do: 'last', target: '' }],
    ['p/x 1 + 1', { do: 'print', expression: '1 + 1', format: 'x' }],
    [
      'each slot.* if slot == 1 print a; b(1, 2)',
      { do: 'each', spec: 'slot.* if slot == 1', expressions: ['a', 'b(1, 2)'] },
    ],
    ['each pte.written', { do: 'each', spec: 'pte.written', expressions: [] }],
    ['info watch', { do: 'info', topic: 'breakpoints', argument: '' }],
    ['d 1 3-5', { do: 'delete', numbers: [1, 3, 4, 5] }],
    ['commands 2 bt; info slots ;', { do: 'commands', number: 2, lines: ['bt', 'info slots'] }],
    ['checkpoint a -m a note', { do: 'bookmark', name: 'a', note: 'a note' }],
    ['bookmark -m "only a note"', { do: 'bookmark', name: '', note: 'only a note' }],
    ['diff 1..5', { do: 'diff', from: '1', to: '5' }],
    ['diff 7', { do: 'diff', from: '7', to: '.' }],
    ['search -r -n 2 "a b"', { do: 'search', text: 'a b', direction: 'backward', count: 2 }],
    ['ptdump', { do: 'info', topic: 'ptdump', argument: '' }],
    ['back', { do: 'back', count: 1 }],
    ['wal 0x1000', { do: 'walk', address: '0x1000' }],
    ['  list   5   3 ', { do: 'list', at: '5', count: 3 }],
  ])('reads %s', (line, command) => expect(parseCommand(line)).toEqual(command));

  it.each([
    ['wa', 'command/unknown', 'walk'],
    ['setp', 'command/unknown', 'step'],
    ['step x', 'command/usage', 'step [COUNT]'],
    ['step 0', 'command/usage', 'step'],
    ['step -1', 'command/usage', 'reverse'],
    ['step 99999999999999999999', 'command/usage', 'step'],
    ['goto', 'command/usage', 'goto POSITION'],
    ['info', 'command/usage', 'TOPIC'],
    ['info slotz', 'command/usage', 'slots'],
    ['delete x', 'command/usage', 'delete'],
    ['delete 5-1', 'command/usage', 'delete'],
    ['', 'command/usage', 'help'],
  ])('refuses "%s" and says what to do', (line, code, hint) => {
    try {
      parseCommand(line);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code });
      expect(`${(error as ToolError).message} ${(error as ToolError).hint}`).toContain(hint);
    }
  });

  it('reads every example of its own help', () => {
    for (const { examples } of commandHelp)
      for (const example of examples) expect(parseCommand(example)).toHaveProperty('do');
  });

  it('gives each word to one command', () => {
    const words = commandHelp.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(words).size).toBe(words.length);
    expect(commandWords).toHaveLength(words.length);
  });

  it('answers junk with nothing but a clear refusal', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom(...commandWords), fc.string()).map(([word, rest]) => `${word} ${rest}`),
    );
    fc.assert(
      fc.property(junk, (line) => {
        try {
          expect(parseCommand(line)).toHaveProperty('do');
        } catch (error) {
          expect(error).toBeInstanceOf(ToolError);
          expect((error as ToolError).code).toMatch(/^command\//);
        }
      }),
      { numRuns: 500 },
    );
  });
});
