import type { E820Line, KaslrSeen, RegisterSeen } from './types.ts';
import type { LogLine } from './tokenize.ts';

/** What single lines say about the boot, other than calls. */
export type Fact =
  | { readonly kind: 'version'; readonly text: string; readonly line: number }
  | { readonly kind: 'command-line'; readonly text: string; readonly line: number }
  | { readonly kind: 'release'; readonly text: string; readonly line: number }
  | { readonly kind: 'kaslr'; readonly seen: KaslrSeen; readonly line: number }
  | { readonly kind: 'e820'; readonly entry: E820Line; readonly line: number }
  | { readonly kind: 'register'; readonly seen: RegisterSeen; readonly line: number }
  | { readonly kind: 'late-init'; readonly line: number };

const e820 =
  /^(?:e820: )?(BIOS-e820|BIOS-e801|BIOS-88|user|extended|Xen|efi): \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\] (.+)$/;
const controlRegisters = /CR3: ([0-9a-f]{8,16}) CR4: ([0-9a-f]{8,16})/;
const releaseInDump = /Comm: .{0,120}? (\d{1,4}\.\d{1,4}[\w.+~-]{0,80}) #/;
const kernelOffset = /^Kernel Offset: (?:0x([0-9a-f]{1,16}) from|disabled)/;

const stackPointer = /RSP: [0-9a-f]{4}:(ffffffff[0-9a-f]{8})\b/;
/** The boot stack is in the kernel image, which ends below this where it was linked. */
const HIGHEST_UNMOVED = 0xffff_ffff_8a00_0000n;

const hexValue = (digits: string): bigint => BigInt(`0x${digits}`);

function kaslrOf({ text, no }: LogLine): Fact | undefined {
  if (text.startsWith('KASLR disabled'))
    return { kind: 'kaslr', seen: { state: 'off', evidence: text.trim(), line: no, offset: 0n }, line: no };
  const match = kernelOffset.exec(text);
  if (!match) return undefined;
  const offset = match[1] === undefined ? 0n : hexValue(match[1]);
  return {
    kind: 'kaslr',
    seen: { state: offset === 0n ? 'off' : 'on', evidence: text.trim(), line: no, offset },
    line: no,
  };
}

function commandLineOf({ text, no }: LogLine): Fact | undefined {
  const match = /^(?:Kernel c|C)ommand line: ?(.*)$/.exec(text);
  return match ? { kind: 'command-line', text: match[1]!.trim(), line: no } : undefined;
}

function e820Of({ text, no }: LogLine): Fact | undefined {
  const match = e820.exec(text);
  if (!match) return undefined;
  const [, who, start, end, type] = match;
  return {
    kind: 'e820',
    entry: { who: who!, start: hexValue(start!), end: hexValue(end!), type: type!.trim(), line: no },
    line: no,
  };
}

/** Collects the facts; values that repeat on every register dump are kept only where they change. */
export class FactReader {
  readonly facts: Fact[] = [];
  #kaslrKnown = false;
  readonly #last: Record<'CR3' | 'CR4' | 'release', string> = { CR3: '', CR4: '', release: '' };

  line(line: LogLine): void {
    const { text, no } = line;
    if (text.includes('CR3: ')) this.#registers(text, no);
    else if (text.startsWith('RSP: ')) this.#stackPointer(text, no);
    else if (text.includes('Comm: ')) this.#release(text, no);
    else if (text.startsWith('Linux version '))
      this.facts.push({ kind: 'version', text: text.slice(14).trim(), line: no });
    else if (text.includes('[mem 0x')) this.#push(e820Of(line));
    else if (text.includes('ommand line:')) this.#push(commandLineOf(line));
    else if (text.startsWith('K')) this.#push(kaslrOf(line));
    else if (text.startsWith('Freeing unused kernel')) this.facts.push({ kind: 'late-init', line: no });
  }

  /** With KASLR the boot stack lies where no unmoved kernel image reaches. */
  #stackPointer(text: string, line: number): void {
    if (this.#kaslrKnown) return;
    const digits = stackPointer.exec(text)?.[1];
    if (digits === undefined || hexValue(digits) < HIGHEST_UNMOVED) return;
    this.#kaslrKnown = true;
    this.facts.push({
      kind: 'kaslr',
      seen: { state: 'on', evidence: `boot stack at ${digits}`, line, offset: undefined },
      line,
    });
  }

  #push(fact: Fact | undefined): void {
    if (fact) this.facts.push(fact);
  }

  #registers(text: string, line: number): void {
    const match = controlRegisters.exec(text);
    if (!match) return;
    this.#register('CR3', match[1]!, line);
    this.#register('CR4', match[2]!, line);
  }

  #register(name: 'CR3' | 'CR4', digits: string, line: number): void {
    if (this.#last[name] === digits) return;
    this.#last[name] = digits;
    this.facts.push({ kind: 'register', seen: { name, value: hexValue(digits), line }, line });
  }

  #release(text: string, line: number): void {
    const release = releaseInDump.exec(text)?.[1];
    if (release === undefined || this.#last.release === release) return;
    this.#last.release = release;
    this.facts.push({ kind: 'release', text: release, line });
  }
}
