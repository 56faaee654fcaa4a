import { isSameEffect, type Effect } from './effect.ts';

/** An effect on both sides, or on one only. */
export interface Pair {
  readonly kernel: Effect | undefined;
  readonly model: Effect | undefined;
}

/** How far ahead the other side is looked for before two effects count as one that differs. */
const WINDOW = 64;

/**
 * Put what the kernel did beside what the model did, in order. Where they differ, the nearest place at which they agree again
 * tells what one side has and the other has not; effects of one kind at the same place count as one that differs.
 */
export function align(kernel: readonly Effect[], model: readonly Effect[]): readonly Pair[] {
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < kernel.length || j < model.length) {
    const [a, b] = [kernel[i], model[j]];
    if (a && b && isSameEffect(a, b)) {
      pairs.push({ kernel: a, model: b });
      [i, j] = [i + 1, j + 1];
      continue;
    }
    const [skipKernel, skipModel] = nextAgreement(kernel, model, i, j);
    for (let k = 0; k < Math.max(skipKernel, skipModel); k++)
      pushPair(pairs, k < skipKernel ? kernel[i + k] : undefined, k < skipModel ? model[j + k] : undefined);
    [i, j] = [i + skipKernel, j + skipModel];
  }
  return pairs;
}

function pushPair(pairs: Pair[], kernel: Effect | undefined, model: Effect | undefined): void {
  if (kernel && model && kernel.kind !== model.kind)
    pairs.push({ kernel, model: undefined }, { kernel: undefined, model });
  else if (kernel || model) pairs.push({ kernel, model });
}

/** The smallest step on both sides after which they agree; all that is left when they never do. */
function nextAgreement(
  kernel: readonly Effect[],
  model: readonly Effect[],
  i: number,
  j: number,
): readonly [number, number] {
  for (let total = 1; total <= WINDOW; total++) {
    for (let k = 0; k <= total; k++) {
      const [a, b] = [kernel[i + k], model[j + total - k]];
      if (a && b && isSameEffect(a, b)) return [k, total - k];
    }
  }
  return [kernel.length - i, model.length - j].map((left) => Math.min(left, WINDOW)) as unknown as readonly [
    number,
    number,
  ];
}
