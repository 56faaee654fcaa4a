import { describe, expect, it } from 'vitest';
import { buildName } from './build-name.ts';

const symbols = ['_text', '_end', 'bm_pte', '_text'].map((name, i) => `symbol.${name}=0xffffffff8100000${i}`);

describe('the name of a kernel build', () => {
  it('is the profile and what was changed', () => {
    expect(buildName({ profile: 'linux-6.1', options: ['phys_bits=40', symbols[0]!] })).toBe(
      'linux-6.1 phys_bits=40 symbol._text=0xffffffff81000000',
    );
  });

  it('counts many symbols, each once', () => {
    expect(buildName({ profile: 'linux-6.1', options: ['phys_bits=40', ...symbols] })).toBe(
      'linux-6.1 phys_bits=40 and 3 symbols',
    );
  });
});
