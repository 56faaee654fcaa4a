import { ToolError } from '@kwind/x86';

/** What an area is for, by the word in its line; `other` where there is none. */
export type AreaKind = 'ioremap' | 'vmalloc' | 'vmap' | 'user' | 'dma-coherent' | 'vm_map_ram' | 'other';

/** A line of /proc/vmallocinfo. */
export interface VmallocinfoArea {
  /** 0 for both ends when the kernel printed the placeholder of a hash. */
  readonly start: bigint;
  /** First byte after the guard page. */
  readonly end: bigint;
  /** Bytes, guard page included. */
  readonly size: bigint;
  /** Symbol and offset of who asked, and the module in brackets if it is one; '' when the line names nobody. */
  readonly caller: string;
  readonly pages: number;
  /** Undefined for areas that map no single physical range. */
  readonly phys: bigint | undefined;
  readonly kind: AreaKind;
  /** The array of its pages has an area of its own. */
  readonly vpages: boolean;
  /** Pages by NUMA node. */
  readonly nodes: Readonly<Record<number, number>>;
  /** Unmapped, and waiting for a purge. */
  readonly unpurged: boolean;
  /** Line of the text, from 1. */
  readonly line: number;
}

export interface Vmallocinfo {
  readonly areas: readonly VmallocinfoArea[];
  /** Addresses are placeholders: an unprivileged reader saw the file, or one before hashes had a seed. */
  readonly hashed: boolean;
}

const pattern = /^0x([0-9a-f]{8,16}|\(____ptrval____\))-0x([0-9a-f]{8,16}|\(____ptrval____\)) +(\d+)(?: (.*))?$/;
const kinds: readonly AreaKind[] = ['ioremap', 'vmalloc', 'vmap', 'user', 'dma-coherent', 'vm_map_ram'];

const wrong = (line: number, what: string, hint: string): ToolError =>
  new ToolError('import/format', `line ${line} ${what}.`, hint);

interface Words {
  caller: string;
  pages: number;
  phys: bigint | undefined;
  kind: AreaKind;
  vpages: boolean;
  nodes: Record<number, number>;
}

/** Read one word of a line's tail. @returns false when it means nothing known */
function readWord(words: Words, word: string): boolean {
  const pages = /^pages=(\d+)$/.exec(word);
  const phys = /^phys=(?:0x)?([0-9a-f]{1,16})$/.exec(word);
  const node = /^N(\d+)=(\d+)$/.exec(word);
  const kind = kinds.find((name) => name === word);
  if (pages) words.pages = Number(pages[1]);
  else if (phys) words.phys = BigInt(`0x${phys[1]!}`);
  else if (node) words.nodes[Number(node[1])] = Number(node[2]);
  else if (kind) words.kind = kind;
  else if (word === 'vpages') words.vpages = true;
  else return false;
  return true;
}

function readTail(text: string, line: number): Words {
  const words: Words = { caller: '', pages: 0, phys: undefined, kind: 'other', vpages: false, nodes: {} };
  let mayName = true;
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const isKnown = readWord(words, word);
    if (isKnown) mayName = false;
    else if (mayName) words.caller = words.caller === '' ? word : `${words.caller} ${word}`;
    else
      throw wrong(
        line,
        `has a word "${word}" that means nothing known`,
        'A line ends in pages=, phys=, what the area is for, and pages by node.',
      );
  }
  return words;
}

const UNPURGED = 'unpurged vm_area';

function areaOf(text: string, line: number): VmallocinfoArea {
  const match = pattern.exec(text);
  if (!match)
    throw wrong(
      line,
      `is no virtual area: "${text}"`,
      'A line of /proc/vmallocinfo reads 0xffffc90000005000-0xffffc90000007000    8192 caller+0x1/0x2 phys=0x… ioremap.',
    );
  const isHashed = match[1]!.startsWith('(') || match[2]!.startsWith('(');
  const [start, end] = isHashed ? [0n, 0n] : [BigInt(`0x${match[1]!}`), BigInt(`0x${match[2]!}`)];
  const size = BigInt(match[3]!);
  if (!isHashed && end - start !== size)
    throw wrong(
      line,
      `gives a size of ${size} bytes that is not the distance of its ends`,
      'The kernel never prints that; the text was changed.',
    );
  const unpurged = match[4] === UNPURGED;
  const words = readTail(unpurged ? '' : (match[4] ?? ''), line);
  return Object.freeze({ start, end, size, ...words, nodes: Object.freeze(words.nodes), unpurged, line });
}

/**
 * Read the text of /proc/vmallocinfo, of any kernel; blank lines are skipped.
 * @throws ToolError import/format with the line
 */
export function parseVmallocinfo(text: string): Vmallocinfo {
  const areas = text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [areaOf(line.replace(/\r$/, ''), i + 1)]));
  const hashed = areas.length > 0 && areas.every((area) => area.end === 0n);
  return Object.freeze({ areas: Object.freeze(areas), hashed });
}
