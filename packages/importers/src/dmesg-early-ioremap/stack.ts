/** One line of a call trace. */
export interface Frame {
  /** `dmi_setup+0xfa/0x26f`. */
  readonly text: string;
  readonly symbol: string;
  readonly offset: number;
  readonly size: number;
  /** Marked `?`: the address was found on the stack, but the unwinder does not vouch for it. */
  readonly doubtful: boolean;
}

export interface Caller {
  readonly caller: string;
  readonly stack: readonly string[];
  readonly isGuess: boolean;
  readonly wrapper: string;
}

const frame = /(\? )?([A-Za-z_.$][\w.$]{0,199})\+0x([0-9a-f]{1,8})\/0x([0-9a-f]{1,8})/;
/** Characters of a line that are looked at. */
const LONGEST = 400;
/** x86 calls to __fentry__ are five bytes at the start of a function and leave their return address behind. */
const FENTRY_RETURN = 5;
/** How a WARN gets from the function to the printed trace. */
const plumbing =
  /^(?:dump_stack(?:_lvl)?|show_stack|show_regs|__?warn(?:\.cold)?|__warn_printk|warn_slowpath_(?:common|fmt|null)|report_bug|handle_bug|fixup_bug|fixup_exception|early_fixup_exception|early_idt_handler_\w+|do_error_trap|do_invalid_op|do_early_exception|exc_invalid_op|asm_exc_invalid_op|(?:async_|early_)?invalid_op)(?:\.\w+)*$/;
const wrappers = /^(?:early_ioremap|early_memremap(?:_ro|_prot|_encrypted|_decrypted)?(?:_wp)?|early_memunmap)$/;

/** The frame in a line of a call trace: ` ? dmi_setup+0xfa/0x26f`, ` [<ffffffff817c627b>] dump_stack+0x45/0x56`. */
export function frameIn(text: string): Frame | undefined {
  if (!text.includes('+0x') || text.includes('RIP:')) return undefined;
  const match = frame.exec(text.slice(0, LONGEST));
  if (!match) return undefined;
  const [, mark, symbol, offset, size] = match;
  return {
    text: `${symbol!}+0x${offset!}/0x${size!}`,
    symbol: symbol!,
    offset: Number.parseInt(offset!, 16),
    size: Number.parseInt(size!, 16),
    doubtful: mark !== undefined,
  };
}

/** Without what a return address cannot be: the start of the next function (a pointer), or right behind __fentry__. */
const plausible = ({ offset, size }: Frame): boolean => offset < size && offset > FENTRY_RETURN;

/** The frames above `fn` itself, nearest first. */
function above(frames: readonly Frame[], fn: string): readonly Frame[] {
  const last = frames.findLastIndex(({ symbol }) => symbol === fn);
  const rest = last === -1 ? frames : frames.slice(last + 1);
  return rest.filter(({ symbol }) => !plumbing.test(symbol));
}

/**
 * Who called `fn`. Frames the unwinder vouches for win; early in boot, before it has its tables, there are none, and
 * the plausible ones of the others are taken as a guess.
 */
export function callerOf(frames: readonly Frame[], fn: string): Caller {
  const candidates = above(frames, fn);
  const sure = candidates.filter((candidate) => !candidate.doubtful);
  const isGuess = sure.length === 0;
  const chain = isGuess ? candidates.filter(plausible) : sure;
  const nrWrappers = chain.findIndex(({ symbol }) => !wrappers.test(symbol));
  const from = nrWrappers === -1 ? chain.length : nrWrappers;
  const wrapper = chain[from - 1]?.symbol ?? '';
  const texts = chain.slice(from).map(({ text }) => text);
  return { caller: texts[0] ?? '', stack: texts.slice(1), isGuess: isGuess && texts.length > 0, wrapper };
}
