import { catalog, specOfType } from '@kwind/events';
import { kernelScope } from '@kwind/kernel';
import {
  compileExpression,
  parseExpression,
  truth,
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

/** @throws ToolError expression/* with the column */
export function parseCondition(text: string, core: Core): Condition {
  const expression = parseExpression(text);
  const compiled = compileExpression(expression, core.scope);
  const names = namesIn(expression.root);
  const machine = kernelScope(core.timeline.profile);
  return {
    text,
    usesEvent: names.some((name) => machine.find(name) === undefined),
    sources: sourcesOf(expression, names),
    holds: (env) => truth(compiled.run(env)),
  };
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

/** Names whose value only certain events change. A name that is not here may change with any event. */
const dependsOn: Readonly<Record<string, readonly Source[]>> = {
  slots: [{ codes: slotEvents }, { codes: entryEvents }],
  slots_in_use: [{ codes: slotEvents }],
  walk: [{ codes: entryEvents }, ...registerEvents],
  phys_of: [{ codes: entryEvents }, ...registerEvents],
  pte: [{ codes: entryEvents }, ...registerEvents],
  pmd: [{ codes: entryEvents }, ...registerEvents],
  pud: [{ codes: entryEvents }, ...registerEvents],
  entry: [{ codes: entryEvents }],
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
  system_state: variableEvents,
  after_paging_init: variableEvents,
  early_ioremap_debug: variableEvents,
  fixmaps_set: variableEvents,
};

function sourcesOf(expression: Expression, names: readonly string[]): readonly Source[] | undefined {
  const isConstant = (name: string): boolean => /^[A-Z_]/.test(name) || specOfType(name) !== undefined;
  const changing = names.filter((name) => !isConstant(name));
  if (changing.length === 0 || changing.some((name) => !Object.hasOwn(dependsOn, name))) return undefined;
  // One source a code: two searches over the same batches would find nothing more.
  const codes = new Set(changing.flatMap((name) => dependsOn[name]!.flatMap((source) => source.codes)));
  return expression.root.kind === 'boolean' ? undefined : [{ codes: [...codes] }];
}
