import { lstatSync, statSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Io } from '../io.ts';

export interface StartFiles {
  /** Files of commands to run first: the person's own, then that of the folder. */
  readonly files: readonly string[];
  /** Why a file that is there is left alone. */
  readonly notes: readonly string[];
}

const WRITABLE_BY_ALL = 0o002;

/** `kwind/kwindrc` where the XDG rules put settings, and `.kwindrc` of the current folder if it is this user's own. */
export function startFiles(io: Io, uid: number | undefined = process.getuid?.()): StartFiles {
  const own = settingsFile(io.env);
  const near = join(io.cwd, '.kwindrc');
  const why = objectionTo(near, uid);
  const trusted = why === undefined ? [near] : [];
  return {
    files: [own, ...trusted].flatMap((file) => (file !== undefined && isFile(file) ? [file] : [])),
    notes: why === undefined ? [] : [`${near} is not read: ${why}. source .kwindrc runs it all the same.`],
  };
}

function settingsFile(env: Io['env']): string | undefined {
  const config = env['XDG_CONFIG_HOME'];
  if (config !== undefined && isAbsolute(config)) return join(config, 'kwind', 'kwindrc');
  const home = env['HOME'];
  return home === undefined || home === '' ? undefined : join(home, '.config', 'kwind', 'kwindrc');
}

/** A folder that came from somewhere else must not run commands of somebody else. */
function objectionTo(file: string, uid: number | undefined): string | undefined {
  const found = look(file, lstatSync);
  if (found === undefined || uid === undefined) return undefined;
  if (found.uid !== uid || look(file, statSync)?.uid !== uid) return 'it belongs to another user';
  if (!found.isSymbolicLink() && (found.mode & WRITABLE_BY_ALL) !== 0) return 'every user can write to it';
  return undefined;
}

const isFile = (file: string): boolean => look(file, statSync)?.isFile() === true;

function look(file: string, stat: (file: string) => Stats): Stats | undefined {
  try {
    return stat(file);
  } catch {
    return undefined;
  }
}
