/** Logs for tests, drawn from the messages up. Only tests import this. */

export interface Drawn {
  readonly caller?: string;
  /** In front of every line. */
  readonly stamp?: string;
  readonly wrapper?: string;
}

const STAMP = '[    0.000000] ';
const banner = [
  'Linux version 6.1.0-56-amd64 (builder@example) #1 SMP Debian 6.1.192-2',
  'Command line: console=ttyS0 early_ioremap_debug',
];

export const stamped = (lines: readonly string[], stamp = STAMP): string[] => lines.map((line) => stamp + line);

/** Version line and command line of a 6.1 kernel. */
export const bootStart = (stamp = STAMP): string[] => stamped(banner, stamp);

const fnOf = (message: string): string => (message.includes('early_iounmap') ? 'early_iounmap' : '__early_ioremap');
const placeOf = (message: string): string => `mm/early_ioremap.c:${message.includes('early_iounmap') ? 189 : 157}`;

/** A WARN block as 4.19 and later print it: the message first, no frame that the unwinder vouches for. */
export function warn61(message: string, { caller = 'dmi_setup+0xfa/0x26f', stamp = STAMP }: Drawn = {}): string[] {
  const lines = [
    '------------[ cut here ]------------',
    ...(message === '' ? [] : [message]),
    `WARNING: CPU: 0 PID: 0 at ${placeOf(message)} ${fnOf(message)}+0x134/0x167`,
    'Modules linked in:',
    'CPU: 0 PID: 0 Comm: swapper Not tainted 6.1.0-56-amd64 #1  Debian 6.1.192-2',
    `RIP: 0010:${fnOf(message)}+0x134/0x167`,
    'CR2: ffff888002a15ff8 CR3: 00000000030b6000 CR4: 00000000000000a0',
    'Call Trace:',
    ' <TASK>',
    ' ? acpi_parse_ioapic+0x9f/0x9f',
    ` ? ${caller}`,
    ' ? slab_is_available+0x5/0x20',
    ' ? start_kernel+0x64/0x6fc',
    ' </TASK>',
    '---[ end trace 0000000000000000 ]---',
  ];
  return stamped(lines, stamp);
}

/** A WARN block as up to 4.14: WARNING line first, frames with addresses, and the frames of the WARN itself. */
export function warn44(
  message: string,
  { caller = 'dmi_scan_machine+0x8f/0x1c2', stamp = STAMP, wrapper = 'early_memremap' }: Drawn = {},
): string[] {
  const lines = [
    '------------[ cut here ]------------',
    `WARNING: CPU: 0 PID: 0 at mm/early_ioremap.c:136 ${fnOf(message)}+0x11f/0x1f2()`,
    ...(message === '' ? [] : [message]),
    'Modules linked in:',
    'CPU: 0 PID: 0 Comm: swapper Not tainted 4.4.0 #1',
    ' 0000000000000009 ffffffff81b75c40 ffffffff817c627b 0000000000000000',
    'Call Trace:',
    ' [<ffffffff817c627b>] dump_stack+0x45/0x56',
    ' [<ffffffff81067b5d>] warn_slowpath_common+0x7d/0xa0',
    ' [<ffffffff81067c3a>] warn_slowpath_fmt+0x4c/0x50',
    ` [<ffffffff81d4b9d5>] ${fnOf(message)}+0x11f/0x1f2`,
    ...(wrapper === '' ? [] : [` [<ffffffff81d4bc5b>] ${wrapper}+0x13/0x15`]),
    ` [<ffffffff81d2b8f3>] ${caller}`,
    ' [<ffffffff81d1b120>] ? early_idt_handlers+0x120/0x120',
    ' [<ffffffff81d1b9a0>] start_kernel+0x85/0x4a0',
    '---[ end trace cb88537fdc8fa200 ]---',
  ];
  return stamped(lines, stamp);
}

/** What kernels after 6.12 print: the message and a plain stack dump. */
export function dump70(message: string, { caller = 'dmi_setup+0xfa/0x26f', stamp = STAMP }: Drawn = {}): string[] {
  const lines = [
    message,
    'CPU: 0 UID: 0 PID: 0 Comm: swapper Not tainted 7.0.0 #1 PREEMPT(undef)',
    'Hardware name: QEMU Standard PC (Q35 + ICH9, 2009)',
    'Call Trace:',
    ' <TASK>',
    ' dump_stack_lvl+0x5d/0x80',
    ` ${fnOf(message)}+0x134/0x167`,
    ` ${caller}`,
    ' start_kernel+0x64/0x6fc',
    ' </TASK>',
  ];
  return stamped(lines, stamp);
}

const hexOf = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const pagesEnd = (phys: number, size: number): number => Math.ceil((phys + size) / 4096) * 4096;
const baseOf = (slot: number): string => `ffffffffff${hexOf(0x20_0000 + slot * 0x4_0000, 6)}`;

/** The debug line of 6.1 for a map of `size` bytes at `phys`. */
export function mapLine(slot: number, phys: number, size: number): string {
  const end = pagesEnd(phys, size);
  const aligned = end - (phys - (phys % 4096));
  return `__early_ioremap(0x${hexOf(end, 16)}, ${hexOf(aligned, 8)}) [${slot}] => ${hexOf(phys % 4096, 8)} + ${baseOf(slot)}`;
}

export const unmapLine = (slot: number, size: number, pointer = '(____ptrval____)'): string =>
  `early_iounmap(${pointer}, ${hexOf(size, 8)}) [${slot}]`;

/** A 6.1 log of these messages. */
export const log61 = (...messages: readonly string[]): string[] => [
  ...bootStart(),
  ...messages.flatMap((message) => warn61(message)),
];
