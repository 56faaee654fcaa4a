import { PAGE_SIZE } from '@kwind/x86';

/** A pointer as `%p` printed it; undefined when it is hashed or a placeholder. */
export type PrintedPointer = bigint | undefined;

/** What one line of mm/early_ioremap.c says. Values are as printed. */
export type Message =
  | {
      readonly kind: 'map';
      readonly slot: number;
      readonly phys: bigint;
      readonly aligned: bigint;
      readonly offset: bigint;
      readonly slotVirt: bigint;
      /** The slot's base comes before the offset: then `phys` is the first page, else one past the last. */
      readonly startFirst: boolean;
      readonly text: string;
    }
  | {
      readonly kind: 'unmap';
      readonly slot: number;
      readonly pointer: PrintedPointer;
      readonly size: bigint;
      readonly text: string;
    }
  | {
      readonly kind: 'unmap-inconsistent';
      readonly slot: number;
      readonly pointer: PrintedPointer;
      readonly size: bigint;
      readonly prevSize: bigint;
      readonly text: string;
    }
  | { readonly kind: 'unmap-not-found'; readonly pointer: PrintedPointer; readonly size: bigint; readonly text: string }
  | { readonly kind: 'map-not-found'; readonly phys: bigint; readonly size: bigint; readonly text: string }
  | { readonly kind: 'leak'; readonly count: number; readonly text: string }
  | { readonly kind: 'silent-warning'; readonly fn: string; readonly place: string; readonly text: string };

export type Found = { readonly message: Message } | { readonly garbled: string };

const KERNEL_HALF = 0xffff_0000_0000_0000n;
const HASH_LIMIT = 0x1_0000_0000n;

/** Both functions, with the first character of an argument list, so that prose about early_ioremap() does not match. */
const start = /(?:__)?early_io(?:remap|unmap)\(\s*[0-9a-f(]/g;
/** `%pa` has 16 digits after 0x, `%08llx` and `%08lx` at least 8 without. */
const number = String.raw`(0x[0-9a-f]{16}|[0-9a-f]{8,16})`;
const mapHead = new RegExp(String.raw`(?:__)?early_ioremap\(${number}, ([0-9a-f]{8,16})\) `, 'y');
const mapTail = /\[(\d{1,3})\] => ([0-9a-f]{8,16}) \+ ([0-9a-f]{8,16})(?![0-9a-f])/y;
const notFound = /not found slot/y;
const unmapHead = /early_iounmap\(( *\([^(),]{1,20}\)| *[0-9a-f]{1,16}), ([0-9a-f]{8,16})\) /y;
const unmapTail = /\[(\d{1,3})\](?: size not consistent ([0-9a-f]{8,16})(?![0-9a-f]))?(?! si)/y;
const leak = /early ioremap leak of (\d{1,9}) areas detected/;

const hexValue = (digits: string): bigint => BigInt(digits.startsWith('0x') ? digits : `0x${digits}`);

function execAt(pattern: RegExp, line: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

/** A hash fills only the low half, and `(____ptrval____)` stands for one before there is a key. NULL is never hashed. */
function pointerOf(text: string): PrintedPointer {
  const trimmed = text.trim();
  if (trimmed === '(null)') return 0n;
  if (trimmed.startsWith('(')) return undefined;
  const value = hexValue(trimmed);
  return value > 0n && value < HASH_LIMIT ? undefined : value;
}

function mapAt(line: string, at: number): Message | undefined {
  const head = execAt(mapHead, line, at);
  if (!head) return undefined;
  const [phys, size] = [hexValue(head[1]!), hexValue(head[2]!)];
  const refused = execAt(notFound, line, mapHead.lastIndex);
  if (refused) return { kind: 'map-not-found', phys, size, text: line.slice(at, notFound.lastIndex) };
  const tail = execAt(mapTail, line, mapHead.lastIndex);
  if (!tail) return undefined;
  const [first, second] = [hexValue(tail[2]!), hexValue(tail[3]!)];
  const startFirst = first >= KERNEL_HALF;
  const [slotVirt, offset] = startFirst ? [first, second] : [second, first];
  if (slotVirt < KERNEL_HALF || offset >= PAGE_SIZE) return undefined;
  return {
    kind: 'map',
    slot: Number(tail[1]),
    phys,
    aligned: size,
    offset,
    slotVirt,
    startFirst,
    text: line.slice(at, mapTail.lastIndex),
  };
}

function unmapAt(line: string, at: number): Message | undefined {
  const head = execAt(unmapHead, line, at);
  if (!head) return undefined;
  const [pointer, size] = [pointerOf(head[1]!), hexValue(head[2]!)];
  const refused = execAt(notFound, line, unmapHead.lastIndex);
  if (refused) return { kind: 'unmap-not-found', pointer, size, text: line.slice(at, notFound.lastIndex) };
  const tail = execAt(unmapTail, line, unmapHead.lastIndex);
  if (!tail) return undefined;
  const common = { slot: Number(tail[1]), pointer, size, text: line.slice(at, unmapTail.lastIndex) };
  return tail[2] === undefined
    ? { kind: 'unmap', ...common }
    : { kind: 'unmap-inconsistent', prevSize: hexValue(tail[2]), ...common };
}

/** Every early_ioremap message in a line. A message that begins but does not go on as the kernel prints it is garbled. */
export function messagesIn(line: string): readonly Found[] {
  if (!line.includes('early_io')) return leakIn(line);
  const found: Found[] = [];
  start.lastIndex = 0;
  for (let match = start.exec(line); match; match = start.exec(line)) {
    const message = match[0].includes('unmap') ? unmapAt(line, match.index) : mapAt(line, match.index);
    found.push(message ? { message } : { garbled: line.slice(match.index) });
  }
  return found;
}

const none: readonly Found[] = [];

function leakIn(line: string): readonly Found[] {
  const match = line.includes('early ioremap leak') ? leak.exec(line) : null;
  if (!match) return none;
  // The kernel's words with the line's number: what stands around them in the line may be another message.
  return [{ message: { kind: 'leak', count: Number(match[1]), text: `Debug warning: ${match[0]}.` } }];
}
