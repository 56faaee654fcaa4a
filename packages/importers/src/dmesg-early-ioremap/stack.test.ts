import { describe, expect, it } from 'vitest';
import { callerOf, frameIn, type Frame } from './stack.ts';

const frames = (...lines: readonly string[]): Frame[] => lines.flatMap((line) => frameIn(line) ?? []);

describe('the caller of a traced call', () => {
  it('is the first frame that the unwinder vouches for', () => {
    const trace = frames(
      ' ? stale+0x10/0x20',
      ' dmi_setup+0xfa/0x26f',
      ' ? other+0x10/0x20',
      ' setup_arch+0x5f7/0xd40',
    );
    expect(callerOf(trace, '__early_ioremap')).toEqual({
      caller: 'dmi_setup+0xfa/0x26f',
      stack: ['setup_arch+0x5f7/0xd40'],
      isGuess: false,
      wrapper: '',
    });
  });

  it('is guessed from doubtful frames when there are no others, without what cannot be a return address', () => {
    const trace = frames(
      ' ? next_function+0xe6/0xe6',
      ' ? dmi_walk_early+0x22/0x60',
      ' ? slab_is_available+0x5/0x20',
      ' ? start_kernel+0x64/0x6fc',
    );
    expect(callerOf(trace, '__early_ioremap')).toEqual({
      caller: 'dmi_walk_early+0x22/0x60',
      stack: ['start_kernel+0x64/0x6fc'],
      isGuess: true,
      wrapper: '',
    });
  });

  it('is above the function itself, the machinery of WARN, and the wrapper', () => {
    const trace = frames(
      ' [<ffffffff817c627b>] dump_stack+0x45/0x56',
      ' [<ffffffff81067b5d>] warn_slowpath_common+0x7d/0xa0',
      ' [<ffffffff81d4b9d5>] __early_ioremap+0x11f/0x1f2',
      ' [<ffffffff81d4bc5b>] early_ioremap+0x13/0x15',
      ' [<ffffffff81d2b8f3>] __acpi_map_table+0x13/0x18',
    );
    expect(callerOf(trace, '__early_ioremap')).toEqual({
      caller: '__acpi_map_table+0x13/0x18',
      stack: [],
      isGuess: false,
      wrapper: 'early_ioremap',
    });
  });

  it('is above every mention of the function in a trace of an exception', () => {
    const trace = frames(
      ' ? __early_ioremap+0xef/0x220',
      ' ? __warn.cold+0x93/0xfa',
      ' ? report_bug+0xff/0x140',
      ' ? early_fixup_exception+0x5d/0xb0',
      ' ? __early_ioremap+0xef/0x220',
      ' ? efi_mokvar_table_init+0xce/0x1d0',
    );
    expect(callerOf(trace, '__early_ioremap').caller).toBe('efi_mokvar_table_init+0xce/0x1d0');
  });

  it('is empty without a trace', () => {
    expect(callerOf([], 'early_iounmap')).toEqual({ caller: '', stack: [], isGuess: false, wrapper: '' });
  });
});
