import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import type { Io } from '../io.ts';
import { startFiles } from './start-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'kwind-rc-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const me = process.getuid!();
const stream = new PassThrough();

function at(name: string, env: Io['env'] = {}): Io {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  return { stdout: stream, stderr: stream, stdin: stream, env, cwd, now: () => 0 };
}
function rc(io: Io, mode = 0o644): string {
  const file = join(io.cwd, '.kwindrc');
  writeFileSync(file, 'display slots_in_use\n');
  chmodSync(file, mode);
  return file;
}

describe('startFiles', () => {
  it('has none where none is', () => {
    expect(startFiles(at('none'), me)).toEqual({ files: [], notes: [] });
  });

  it("reads the person's own file, then that of the folder", () => {
    const config = join(folder, 'config');
    mkdirSync(join(config, 'kwind'), { recursive: true });
    writeFileSync(join(config, 'kwind', 'kwindrc'), 'when\n');
    const io = at('both', { XDG_CONFIG_HOME: config, HOME: '/nowhere' });
    const near = rc(io);
    expect(startFiles(io, me).files).toEqual([join(config, 'kwind', 'kwindrc'), near]);
    const home = { HOME: join(folder, 'home') };
    mkdirSync(join(home.HOME, '.config', 'kwind'), { recursive: true });
    writeFileSync(join(home.HOME, '.config', 'kwind', 'kwindrc'), 'when\n');
    expect(startFiles(at('none', home), me).files).toEqual([join(home.HOME, '.config', 'kwind', 'kwindrc')]);
  });

  it('leaves a file of another user alone and says so', () => {
    const io = at('foreign');
    rc(io);
    const { files, notes } = startFiles(io, me + 1);
    expect(files).toEqual([]);
    expect(notes[0]).toContain('belongs to another user');
  });

  it('leaves a file alone that every user can write', () => {
    const io = at('open');
    rc(io, 0o666);
    expect(startFiles(io, me)).toMatchObject({ files: [], notes: [expect.stringContaining('every user can write')] });
  });

  it('takes no folder for a file', () => {
    const io = at('folder');
    mkdirSync(join(io.cwd, '.kwindrc'));
    expect(startFiles(io, me).files).toEqual([]);
  });
});
