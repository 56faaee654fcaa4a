export type SourceFormat = 'boot-log' | 'capture' | 'events' | 'unknown';

/** As much as is looked at; give at least this much of the file where it has it. */
export const SNIFF_LENGTH = 65_536;
const MAX_LINES = 2000;
const kernelLine =
  /(?:^|\s|\])Linux version \d|BIOS-e820: \[mem |early_io(?:remap|unmap)\((?:0x[0-9a-f]{16}|[0-9a-f]{8,16}|\(_*ptrval_*\)), [0-9a-f]{8}|-\[ cut here \]-|printk messages dropped|^(?:<\d{1,3}>)?\[ *\d{1,7}\.\d{6}\]|mm\/early_ioremap\.c:\d/;

function formatOfRecord(line: string): SourceFormat | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if ('n' in value && 'f' in value) return 'capture';
  return 'seq' in value && 'type' in value ? 'events' : undefined;
}

/**
 * What a file is, by its first lines. Text in front of a kernel log (firmware, boot loader) is passed over.
 *
 * @param start  the beginning of the file, unpacked: text, or bytes of which those that are not text do not matter
 */
export function detectFormat(start: string | Uint8Array): SourceFormat {
  const text = (typeof start === 'string' ? start : new TextDecoder().decode(start.subarray(0, SNIFF_LENGTH))).slice(
    0,
    SNIFF_LENGTH,
  );
  const lines = text.split(/[\r\n]+/, MAX_LINES);
  const first = lines.find((line) => line.trim() !== '')?.trim() ?? '';
  const record = first.startsWith('{') ? formatOfRecord(first.replace(/^\uFEFF/, '')) : undefined;
  if (record) return record;
  return lines.some((line) => kernelLine.test(line)) ? 'boot-log' : 'unknown';
}

/** Whether bytes are gzip, to be unpacked first. */
export const isGzip = (start: Uint8Array): boolean => start[0] === 0x1f && start[1] === 0x8b;
