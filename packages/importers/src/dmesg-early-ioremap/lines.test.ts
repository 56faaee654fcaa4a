import { describe, expect, it } from 'vitest';
import { forEachLine, linesOfChunks, withoutControls } from './lines.ts';

function visited(input: string | Iterable<string>): string[] {
  const lines: string[] = [];
  forEachLine(input, (line, no) => lines.push(`${no}:${line}`));
  return lines;
}

describe('lines of a log', () => {
  it('are the same whatever ends them', () => {
    const expected = ['1:a', '2:', '3:b'];
    expect(visited('a\n\nb\n')).toEqual(expected);
    expect(visited('a\r\n\r\nb\r\n')).toEqual(expected);
    expect(visited('a\r\r\n\r\r\nb')).toEqual(expected);
    expect(visited(['a', '', 'b\n'])).toEqual(expected);
  });

  it('keep the number of the line that a carriage return overwrites', () => {
    expect(visited('one\rtwo\nthree')).toEqual(['1:one', '1:two', '2:three']);
  });

  it('end at carriage returns in a text without line feeds', () => {
    expect(visited('a\rb\rc')).toEqual(['1:a', '2:b', '3:c']);
  });

  it('are free of terminal control sequences and control characters', () => {
    expect(withoutControls('\u001b[2J\u001b[1;1H\u001b[0mBooting\u0000 \u0007now\u001b(B\ttab')).toBe(
      'Booting now\ttab',
    );
    expect(withoutControls('\u001b]0;title\u0007text')).toBe('text');
  });

  it('come out of chunks that are cut anywhere', () => {
    const text = 'first line\r\nsecond\n\nlast';
    for (let size = 1; size <= text.length; size += 1) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size),
      );
      expect(visited(linesOfChunks(chunks))).toEqual(['1:first line', '2:second', '3:', '4:last']);
    }
  });
});
