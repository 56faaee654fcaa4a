import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { profile, profileNames } from '@kwind/x86';
import { expressionHelp, machineScope } from '@kwind/state';
import { kernelFunctions } from '../../functions.ts';
import { parseScript, printScript, scriptHelp } from './index.ts';
import { runText } from './test-machine.ts';

const folder = fileURLToPath(new URL('../../../../../traces/scripts/', import.meta.url));
const examples = readdirSync(folder).filter((name) => name.endsWith('.kws'));
/** Drivers of the book: they show how things are, and hide no bug. */
const plain = ['ahci.kws', 'pc-ports.kws', 'rtc-cmos.kws', 'rtc-legacy.kws'];
const bugHunts = examples.filter((name) => !plain.includes(name));
const textOf = (name: string): string => readFileSync(folder + name, 'utf8');

describe('the example scripts', () => {
  it.each(examples)('%s holds in every expectation', (name) => {
    const result = runText(textOf(name), kernelFunctions, name);
    expect(result.expectations.filter((one) => !one.ok)).toEqual([]);
    expect(result.stoppedBy).toBeUndefined();
    expect(result.expectations.length).toBeGreaterThan(2);
    expect(result.machine.view.calls).toBeNull();
  });

  it.each(bugHunts)('%s says what to look for', (name) => {
    expect(textOf(name)).toMatch(/^# \S[\s\S]*?\n# What to look for: /);
  });

  it.each(examples)('%s is the same script when it is printed', (name) => {
    const printed = printScript(parseScript(textOf(name), name));
    expect(printScript(parseScript(printed, name))).toBe(printed);
  });
});

describe('with the kernel functions', () => {
  it.each(profileNames)('the script of the manual runs on %s', (name) => {
    const text = `profile ${name}
boot
a = early_ioremap(0xf0000, 0x10000)
b = early_memremap(0xf5a20, 0x178)
load(b)
early_iounmap(b, 0x178)
expect slots_in_use == 1 && phys_of(a) == 0xf0000`;
    expect(runText(text, kernelFunctions)).toMatchObject({ ok: true, callsMade: 5 });
  });

  it('early_ioremap_debug prints each mapping, and that is no warning', () => {
    const result = runText(
      `boot
param early_ioremap_debug
a = early_ioremap(0xfed40123, 0x10)
expect warn "__early_ioremap(0x00000000fed41000, 00001000) [0] => 00000123 + ffffffffff200000"
expect early_ioremap_debug == 1 && warnings == 0`,
      kernelFunctions,
    );
    expect(result.expectations.filter((one) => !one.ok)).toEqual([]);
  });

  it('a mapping after the boot is warned of', () => {
    const result = runText(
      'boot\nset system_state = SYSTEM_RUNNING\na = early_ioremap(0xf0000, 0x1000)\nexpect warn\nexpect a != NULL',
      kernelFunctions,
    );
    expect(result.ok).toBe(true);
  });

  it('a bad index is a BUG that ends the run', () => {
    const result = runText('boot\nset_fixmap(__end_of_fixed_addresses, 0x1000)\nload(0)', kernelFunctions);
    expect(result).toMatchObject({
      ok: false,
      callsMade: 2,
      stoppedBy: { kind: 'bug', origin: 'test.kws:2', line: 2 },
    });
  });

  it('a profile without a function refuses its call', () => {
    expect(() => runText('profile linux-insides\nearly_memremap_prot(1, 2, 3)', kernelFunctions)).toThrow(
      'test.kws:2:1: profile linux-insides has no early_memremap_prot().',
    );
  });

  it.each(scriptHelp.map(({ example }) => example))('the example of the help is a script: %s', (example) => {
    expect(parseScript(example, 'help').statements).toHaveLength(1);
  });
});

describe('the manual', () => {
  const manual = readFileSync(fileURLToPath(new URL('grammar.md', import.meta.url)), 'utf8');
  const [first = ''] = /(?<=```\n)[\s\S]*?(?=```)/.exec(manual) ?? [];

  it('begins with a script that runs', () => {
    expect(runText(first, kernelFunctions)).toMatchObject({ ok: true, callsMade: 5 });
  });

  it('shows a failure as it is reported', () => {
    const failing = first.replace('early_iounmap(b, 0x178)', '');
    const [one] = runText(failing, kernelFunctions, 'boot.kws').expectations;
    expect(manual).toContain(`${one?.origin}: ${one?.text}\n  ${one?.detail}\n`);
  });

  it('has every statement, and every name of the areas it lists', () => {
    const areas = ['early_ioremap', 'paging', 'TLB', 'fixmap', 'registers', 'kernel variables', 'counters', 'place'];
    const listed = expressionHelp(machineScope(profile('linux-6.1'))).filter(({ group }) => areas.includes(group));
    const words = listed.flatMap(({ name, fields }) => [name, ...fields.map((field) => field.name)]);
    const missing = [...scriptHelp.map(({ usage }) => usage.split(' ')[0]!), ...words].filter(
      (word) => !manual.includes(word),
    );
    expect(missing).toEqual([]);
  });
});
