import { catalog, codesMatching, specOfType } from '@kwind/events';
import { kernelScope } from '@kwind/kernel';
import {
  compileExpression,
  parseExpression,
  truth,
  type Compiled,
  type Environment,
  type Expression,
  type ExpressionNode,
} from '@kwind/state';
import { sourceOf, type Moment, type Source } from '@kwind/timeline';
import type { Core } from '../core.ts';

/** A condition that was checked: its text, and whether it holds for an event and the machine just after it. */
export interface Condition {
  readonly text: string;
  /** It asks about the event at hand, and so means nothing between events. */
  readonly usesEvent: boolean;
  /** Events that can make it true or false; undefined for all. */
  readonly sources: readonly Source[] | undefined;
  holds(env: Environment): boolean;
}

/** An expression that was checked, with what its value depends on. */
export interface Checked extends Pick<Condition, 'usesEvent' | 'sources'> {
  /** It reads nothing of the machine: a number, a symbol, `fix_to_virt(FIX_APIC_BASE)`. */
  readonly isConstant: boolean;
  readonly compiled: Compiled;
}

/** @throws ToolError expression/* with the column */
export function checkedExpression(text: string, core: Core): Checked {
  const expression = parseExpression(text);
  const compiled = compileExpression(expression, core.scope);
  const names = namesIn(expression.root);
  const { profile } = core.timeline;
  const machine = kernelScope(profile);
  return {
    isConstant: names.every((name) => isConstant(name) || Object.hasOwn(profile.symbols, name)),
    compiled,
    usesEvent: names.some((name) => machine.find(name) === undefined),
    sources: sourcesOf(expression, names),
  };
}

/** @throws ToolError expression/* with the column */
export function parseCondition(text: string, core: Core): Condition {
  const { usesEvent, sources, compiled } = checkedExpression(text, core);
  return { text, usesEvent, sources, holds: (env) => truth(compiled.run(env)) };
}

/** What a condition is evaluated against; the machine is folded only for one that looks at it. */
export const environmentOf = (moment: Pick<Moment, 'after' | 'event'>): Environment => ({
  get view() {
    return moment.after;
  },
  get event() {
    return moment.event;
  },
});

function namesIn(node: ExpressionNode): readonly string[] {
  switch (node.kind) {
    case 'name':
      return [node.name];
    case 'call':
      return [node.name, ...node.args.flatMap(namesIn)];
    case 'member':
      return namesIn(node.of);
    case 'index':
      return [...namesIn(node.of), ...namesIn(node.index)];
    case 'unary':
      return namesIn(node.operand);
    case 'binary':
      return [...namesIn(node.left), ...namesIn(node.right)];
    default:
      return [];
  }
}

const slotEvents = catalog.filter((spec) => 'slot' in spec.fields).map((spec) => spec.code);
const entryEvents = catalog.filter((spec) => 'table' in spec.fields).map((spec) => spec.code);
const registerEvents = sourceOf('cr3.loaded', 'cr4.written', 'register.written');
const variableEvents = sourceOf('variable.set');
const callEvents = sourceOf('call.entered', 'call.returned');
const familyOf = (...families: readonly string[]): readonly Source[] => [
  { codes: families.flatMap((family) => codesMatching(`${family}.*`)) },
];
const resourceEvents = familyOf('resource');

/** Names whose value only certain events change. A name that is not here may change with any event. */
const dependsOn: Readonly<Record<string, readonly Source[]>> = {
  slots: [{ codes: slotEvents }, { codes: entryEvents }],
  slots_in_use: [{ codes: slotEvents }],
  walk: [{ codes: entryEvents }, ...registerEvents],
  phys_of: [{ codes: entryEvents }, ...registerEvents],
  pte: [{ codes: entryEvents }, ...registerEvents],
  pmd: [{ codes: entryEvents }, ...registerEvents],
  pud: [{ codes: entryEvents }, ...registerEvents],
  p4d: [{ codes: entryEvents }, ...registerEvents],
  pgd: [{ codes: entryEvents }, ...registerEvents],
  entry: [{ codes: entryEvents }],
  // Whether a translation is stale is a matter of the tables.
  tlb: [...familyOf('tlb'), { codes: entryEvents }, ...registerEvents],
  cr0: registerEvents,
  cr3: registerEvents,
  cr4: registerEvents,
  efer: registerEvents,
  phase: sourceOf('phase.entered'),
  warnings: sourceOf('warn.raised'),
  bugs: sourceOf('bug.raised'),
  faults: sourceOf('fault.raised'),
  page_flushes: sourceOf('tlb.page-flushed'),
  flushes: sourceOf('tlb.flushed'),
  calls: sourceOf('call.entered'),
  depth: callEvents,
  fn: callEvents,
  call: callEvents,
  stack: callEvents,
  iomem: resourceEvents,
  iomem_at: resourceEvents,
  ioports: resourceEvents,
  ioport_at: resourceEvents,
  resource_of: resourceEvents,
  sleeping_requests: resourceEvents,
  e820: familyOf('e820'),
  e820_at: familyOf('e820'),
  system_state: variableEvents,
  after_paging_init: variableEvents,
  early_ioremap_debug: variableEvents,
  fixmaps_set: variableEvents,
};

/** Functions that only compute. */
const computing: readonly string[] = ['fix', 'fix_to_virt', 'virt_to_fix'];

const isConstant = (name: string): boolean =>
  /^[A-Z_]/.test(name) || specOfType(name) !== undefined || computing.includes(name);

function sourcesOf(expression: Expression, names: readonly string[]): readonly Source[] | undefined {
  const changing = names.filter((name) => !isConstant(name));
  if (changing.length === 0 || changing.some((name) => !Object.hasOwn(dependsOn, name))) return undefined;
  // One source a code: two searches over the same batches would find nothing more.
  const codes = new Set(changing.flatMap((name) => dependsOn[name]!.flatMap((source) => source.codes)));
  return expression.root.kind === 'boolean' ? undefined : [{ codes: [...codes] }];
}
