import { profile, ToolError } from '@kwind/x86';
import { LiveMachine } from '@kwind/recorder';
import { checkInvariants, parseExpression, machineScope, holds, initialState, eventScope } from '@kwind/state';
import { parseScript, runScript, kernelFunctions, ScriptError } from '@kwind/kernel';
// perf
let t = performance.now();
const s = parseScript(
  'boot\nrepeat i in 0..20000 { a = early_ioremap(0xf0000 + i % 16 * PAGE_SIZE, 0x1000)\n expect slots_in_use == 1 && slots[0].phys == 0xf0000 + i % 16 * PAGE_SIZE\nearly_iounmap(a, 0x1000) }',
  'p',
);
const m = new LiveMachine(profile('linux-6.1'), () => {});
const r = runScript(m, s, kernelFunctions);
console.log('script', r.ok, r.callsMade, 'events', m.position, Math.round(performance.now() - t), 'ms');
t = performance.now();
const big = parseScript('a = early_ioremap(0xf0000, 0x1000) @ x+0x1 < y\n'.repeat(100000), 'p');
console.log('parse 100k lines', Math.round(performance.now() - t));
const scope = eventScope(machineScope(m.profile));
const e = parseExpression('slots_in_use > 3 && type == "pte.written" && after != 0');
const st = m.snapshot();
t = performance.now();
let n = 0;
for (let i = 0; i < 1e6; i++) if (holds(e, scope, { view: st })) n++;
console.log('1e6 holds', Math.round(performance.now() - t));
// fuzz: any kernel function, any argument
const vals = [
  '0',
  '1',
  '0xf0000',
  '0x1000',
  '0x40000',
  '0xffffffffffffffff',
  '0xffffffffff200000',
  'FIX_APIC_BASE',
  'FIX_BTMAP_BEGIN',
  '-5',
  'x',
  'SYSTEM_RUNNING',
  'cr3',
  '0x8000000000000163',
  '1 << 44',
];
const names = ['linux-insides', 'linux-4.4', 'linux-4.14', 'linux-4.19', 'linux-6.1', 'linux-6.12'];
const pick = <T>(a: readonly T[]): T => a[Math.floor(Math.random() * a.length)]!;
const errs = new Map<string, string>();
let runs = 0,
  bad = 0;
const end = performance.now() + 30000;
while (performance.now() < end) {
  const pn = pick(names);
  const opts = pick<readonly string[]>([[], ['CONFIG_MMU=n'], ['cpu_has_invlpg=0'], ['phys_bits=52']]);
  const lines = ['x = 5', ...(Math.random() < 0.9 ? ['boot'] : [])];
  const p = profile(pn, opts);
  const fns = kernelFunctions.filter(
    (f) => !f.missing?.({ profile: p }) && !f.params.some((q) => /const char/.test(q.type)),
  );
  for (let i = 0; i < 12; i++) {
    const f = pick(fns);
    const call = `${f.name}(${f.params.map(() => pick(vals)).join(', ')})`;
    lines.push(f.returns === 'void' ? call : `x = ${call}`, 'expect bug');
  }
  const text = lines.join('\n');
  const mm = new LiveMachine(p, () => {});
  try {
    runScript(mm, parseScript(text, 'f'), kernelFunctions);
    runs++;
    if (mm.view.calls) errs.set('open call', text);
  } catch (er) {
    const k = String((er as Error).stack)
      .split('\n')
      .slice(0, 3)
      .join(' | ');
    if (!errs.has(k)) errs.set(k, pn + ' ' + opts + '\n' + text);
  }
}
console.log('runs', runs);
for (const [k, v] of errs) console.log('---', k, '\n', v);
