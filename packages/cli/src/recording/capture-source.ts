import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Capture } from '@kwind/events';
import {
  parseCapture,
  shownPlaces,
  suggestProfile,
  symbolNotes,
  type ShownPlace,
  type SymbolNotes,
} from '@kwind/importers';
import { defaultProfileName, profile, ToolError, type KernelProfile } from '@kwind/x86';
import { STDIN } from '../argv.ts';
import { splitOverrides } from '../commands/options.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import type { BuildChoice } from './boot-log.ts';

export interface CaptureChoice extends BuildChoice {
  /** A JSON file with the addresses of symbols; without it, meta.json beside the capture. */
  readonly meta?: string | undefined;
}

/** A capture, and the kernel build that it is read with. */
export interface CaptureSource {
  readonly capture: Capture;
  readonly profile: KernelProfile;
  readonly kernelVersion: string;
  /** What the capture shows of the machine, and by what. */
  readonly shown: readonly ShownPlace[];
  /** Things that were assumed, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Read a capture and find out which build and machine it is of: what is said on the command line holds against what the
 * capture and the files beside it (meta.json, version.txt) show.
 * @throws ToolError import/format, import/nothing-found; io/unreadable for --meta; profile/unknown, option/invalid
 */
export function readCaptureSource(io: Io, path: string, text: string, choice: CaptureChoice): CaptureSource {
  const name = path === STDIN ? 'stdin' : basename(path).replace(/\.gz$/, '');
  const capture = parseCapture(text, { name });
  const shown = shownPlaces(capture, notesBeside(io, path, choice.meta));
  const kernelVersion = versionBeside(io, path);
  const suggested = suggestProfile(kernelVersion);
  const build = choice.profile ?? suggested.profile;
  const options = [...shown.map(({ option }) => option), ...splitOverrides(choice.set)];
  const assumed = choice.profile === undefined && !suggested.exact ? [assumedBuild(kernelVersion, build)] : [];
  const notes = [
    ...assumed,
    `the static tables of head_64 stood before the capture begins; they are built as ${build} has them, with the addresses that the capture and its notes show.`,
  ];
  return { capture, profile: profile(build, options), kernelVersion, shown, notes };
}

const assumedBuild = (version: string, build: string): string =>
  version === ''
    ? `nothing names the kernel version; ${build} is assumed${build === defaultProfileName ? ', the default' : ''}. --profile names another.`
    : `there is no profile of kernel ${version.split(' ', 1)[0]}; ${build} is the nearest, --profile names another.`;

const besides = (io: Io, path: string, file: string): string => join(dirname(pathOf(io, path)), file);

function notesBeside(io: Io, path: string, meta: string | undefined): SymbolNotes {
  const beside = path === STDIN ? '' : besides(io, path, 'meta.json');
  if (meta === undefined && !(beside !== '' && existsSync(beside))) return {};
  const file = meta === undefined ? beside : pathOf(io, meta);
  try {
    return symbolNotes(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new ToolError(
      'io/unreadable',
      `${meta ?? 'meta.json'} is no JSON file that can be read.`,
      'It holds {"symbols": {"bm_pte": "ffffffff832b5000", …}}; leave --meta out to go without.',
      { cause },
    );
  }
}

function versionBeside(io: Io, path: string): string {
  const file = path === STDIN ? '' : besides(io, path, 'version.txt');
  if (file === '' || !existsSync(file)) return '';
  return (readFileSync(file, 'utf8').split('\n', 1)[0] ?? '').replace(/^Linux version /, '');
}
