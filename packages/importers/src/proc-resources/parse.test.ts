import { describe, expect, it } from 'vitest';
import { ToolError } from '@kwind/x86';
import { parseProcResources, type ProcResource } from './parse.ts';

const shape = (nodes: readonly ProcResource[]): unknown[] =>
  nodes.map(({ start, end, name, children }) => [
    start.toString(16),
    end.toString(16),
    name,
    ...(children.length > 0 ? [shape(children)] : []),
  ]);

describe('the text of /proc/iomem', () => {
  it('becomes the tree that its indents draw', () => {
    const text = `\
00001000-0009fbff : System RAM
00100000-1ffdefff : System RAM
  01000000-01e01ef1 : Kernel code
b0000000-bfffffff : PCI MMCONFIG 0000 [bus 00-ff]
  b0000000-bfffffff : Reserved
    b0000000-bfffffff : pnp 00:05
fd00000000-ffffffffff : <BAD>
`;
    const parsed = parseProcResources(text);
    expect(parsed.hidden).toBe(false);
    expect(shape(parsed.resources)).toEqual([
      ['1000', '9fbff', 'System RAM'],
      ['100000', '1ffdefff', 'System RAM', [['1000000', '1e01ef1', 'Kernel code']]],
      [
        'b0000000',
        'bfffffff',
        'PCI MMCONFIG 0000 [bus 00-ff]',
        [['b0000000', 'bfffffff', 'Reserved', [['b0000000', 'bfffffff', 'pnp 00:05']]]],
      ],
      ['fd00000000', 'ffffffffff', ''],
    ]);
    expect(parsed.resources[2]!.line).toBe(4);
  });

  it('below five levels is nested by its ranges', () => {
    const rows = [
      ...[0, 1, 2, 3, 4, 5, 5, 5].map(
        (depth, i) => `${'  '.repeat(depth)}00001000-0000${(0xffff - i).toString(16)} : ${i}`,
      ),
      `${'  '.repeat(5)}0000fff9-0000fff9 : beside 6`,
      '00010000-0001ffff : next',
    ];
    const [first, second] = parseProcResources(rows.join('\n')).resources;
    let node = first!;
    for (const depth of [0, 1, 2, 3, 4, 5]) {
      expect(node.name).toBe(String(depth));
      node = node.children[0]!;
    }
    expect([node.name, node.children.map((child) => child.name)]).toEqual(['6', ['7', 'beside 6']]);
    expect(second!.name).toBe('next');
  });

  it('of an unprivileged reader keeps its nesting and is said to hide its ranges', () => {
    const { resources, hidden } = parseProcResources(
      '00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n00000000-00000000 : Reserved\n',
    );
    expect(hidden).toBe(true);
    expect(shape(resources)).toEqual([
      ['0', '0', 'System RAM', [['0', '0', 'Kernel code']]],
      ['0', '0', 'Reserved'],
    ]);
  });

  it('reads CRLF, blank lines, and an empty file', () => {
    expect(shape(parseProcResources('\r\n0070-0077 : rtc0\r\n\n').resources)).toEqual([['70', '77', 'rtc0']]);
    expect(parseProcResources('')).toEqual({ resources: [], hidden: false });
  });

  it.each([
    ['hello', /^line 1 is no resource: "hello"/],
    ['0000-0cf7 : bus\n   0020-0021 : pic1', /^line 2 is no resource/],
    ['  0020-0021 : pic1', /^line 1 is indented deeper/],
    ['0000-0cf7 : bus\n    0020-0021 : pic1', /^line 2 is indented deeper/],
    ['0000-0cf7 : bus\n  0d00-0d01 : pic1', /^line 2 sticks out of "bus"/],
    ['0077-0070 : rtc', /^line 1 ends before it starts/],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseProcResources(text)).toThrow(ToolError);
    expect(() => parseProcResources(text)).toThrow(message);
  });
});
