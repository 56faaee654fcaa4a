import { frameIn, type Frame } from './stack.ts';
import type { LogLine } from './tokenize.ts';
import type { Message } from './messages.ts';

/** A message of early_ioremap with the trace that was printed with it. */
export interface Sighting {
  readonly message: Message;
  readonly line: number;
  readonly frames: readonly Frame[];
  /** Values in its register dump that lie in the slots; one of them may be a pointer that the message hashes. */
  readonly slotPointers: readonly bigint[];
}

interface Block {
  readonly line: number;
  /** Opened by `cut here`, to be closed by `end trace`; else a message with a plain stack dump. */
  readonly framed: boolean;
  /** Where the WARNING line says it is. */
  warning: { readonly fn: string; readonly place: string; readonly line: number } | undefined;
  /** Frames of the trace; shared with the block's sighting, so it fills while the block is open. */
  readonly frames: Frame[];
  readonly slotPointers: bigint[];
  nrMessages: number;
  inTrace: boolean;
  nrLines: number;
}

const MAX_FRAMES = 64;
/** A plain stack dump has its trace this near to its message. */
const PLAIN_REACH = 12;
/** No WARN block is longer, even with noise in it. */
const FRAMED_REACH = 400;
/** `WARNING: CPU: 0 PID: 0 at mm/early_ioremap.c:157 fn+…`, since 6.18 `WARNING: mm/early_ioremap.c:157 at fn+…`. */
const ours = /WARNING: .{0,60}?\b(mm\/early_ioremap\.c:\d{1,6})\b(.{0,100})/;
const functionName = / (\w{1,60})\+0x/;

/** `RBX: ffffffffff240a20`: the slots end below ffffffffff400000. */
const slotPointer = /\bR[A-Z0-9]{1,2}: (ffffffffff[23][0-9a-f]{5})\b/g;

const silent = new Set(['early_iounmap', '__early_ioremap']);

/**
 * Follows WARN blocks and stack dumps through the lines and gives each early_ioremap message its call trace.
 * Up to 4.14 the WARNING line comes before the message, later after it; newer kernels print no frame at all.
 */
export class BlockReader {
  readonly #sightings: Sighting[];
  #open: Block | undefined;

  constructor(sightings: Sighting[]) {
    this.#sightings = sightings;
  }

  /** First line of the block that was still open at the end of the log, or 0. */
  get openSince(): number {
    return this.#open?.framed === true ? this.#open.line : 0;
  }

  /** True while lines belong to a WARN block or stack dump. */
  get inside(): boolean {
    return this.#open !== undefined;
  }

  message(message: Message, line: number): void {
    let block = this.#open;
    if (!block || block.nrMessages > 0 || block.inTrace) block = this.#begin(line, false);
    block.nrMessages += 1;
    this.#sightings.push({ message, line, frames: block.frames, slotPointers: block.slotPointers });
  }

  /** A message that cannot be read: the block is not one without a message. */
  garbled(): void {
    if (this.#open) this.#open.nrMessages += 1;
  }

  line(line: LogLine): void {
    const { text } = line;
    if (text.includes('-[ cut here ]-')) {
      this.#begin(line.no, true);
      return;
    }
    const block = this.#warning(line) ?? this.#open;
    if (!block) return;
    block.nrLines += 1;
    if (text.includes('---[ end trace') || (!block.framed && text.includes('</TASK>'))) {
      this.close();
      return;
    }
    if (block.inTrace) this.#traceLine(block, text);
    else if (text.includes('Call Trace:')) block.inTrace = true;
    else if (text.includes(': ffffffffff')) this.#registerLine(block, text);
    if (block.nrLines > (block.framed || block.inTrace ? FRAMED_REACH : PLAIN_REACH)) this.close();
  }

  /** End the open block: its end was seen, or lines are missing. */
  close(): void {
    const block = this.#open;
    this.#open = undefined;
    if (!block?.warning || block.nrMessages > 0 || !silent.has(block.warning.fn)) return;
    const { fn, place, line } = block.warning;
    this.#sightings.push({
      message: { kind: 'silent-warning', fn, place, text: `WARNING at ${place}` },
      line,
      frames: block.frames,
      slotPointers: block.slotPointers,
    });
  }

  #begin(line: number, framed: boolean): Block {
    this.close();
    const block: Block = {
      line,
      framed,
      warning: undefined,
      frames: [],
      slotPointers: [],
      nrMessages: 0,
      inTrace: false,
      nrLines: 0,
    };
    this.#open = block;
    return block;
  }

  /** The block of a WARNING line of ours; one without `cut here` had its start lost. */
  #warning(line: LogLine): Block | undefined {
    if (!line.text.includes('early_ioremap.c:')) return undefined;
    const match = ours.exec(line.text);
    const fn = functionName.exec(match?.[2] ?? '')?.[1];
    if (!match || fn === undefined) return undefined;
    let block = this.#open;
    if (!block || block.warning || block.inTrace) block = this.#begin(line.no, true);
    block.warning = { fn, place: match[1]!, line: line.no };
    return block;
  }

  #registerLine(block: Block, text: string): void {
    for (const [, digits] of text.slice(0, 200).matchAll(slotPointer)) block.slotPointers.push(BigInt(`0x${digits!}`));
  }

  #traceLine(block: Block, text: string): void {
    const frame = frameIn(text);
    if (frame && block.frames.length < MAX_FRAMES) block.frames.push(frame);
    // A plain dump has no last line; the first that is not indented is past it.
    if (!frame && !block.framed && !text.startsWith(' ')) this.close();
  }
}
