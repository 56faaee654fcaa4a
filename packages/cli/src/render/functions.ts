import { findKernelFunction, kernelFunctions, type KernelFunction } from '@kwind/kernel';
import { didYouMean, ToolError } from '@kwind/x86';

/** @throws ToolError command/usage with the nearest spelling */
export function functionNamed(name: string): KernelFunction {
  const found = findKernelFunction(name.replace(/\(\)$/, ''));
  if (found) return found;
  const names = kernelFunctions.map((fn) => fn.name);
  throw new ToolError(
    'command/usage',
    `there is no kernel function ${name}().`,
    didYouMean(name, names, 'kwind functions lists them.'),
  );
}

const results = { pointer: 'void *', int: '', void: 'void ' } as const;

/** The head as C writes it; a parameter that may be left out shows its value. */
function headOf({ name, params, returns }: KernelFunction): string {
  const list = params.map(
    (param) => `${spaced(param.type)}${param.name}${param.fallback === undefined ? '' : ` = ${param.fallback}`}`,
  );
  return `${results[returns]}${name}(${list.join(', ')})`;
}

const spaced = (type: string): string => (type.endsWith('*') ? type : `${type} `);

const NOT_KERNEL = 'no function of the kernel: what the CPU does, and shorthands';

export function renderFunctions(functions: readonly KernelFunction[]): string[] {
  const files = [...new Set(functions.map((fn) => fn.file))];
  return files.flatMap((file, i) => [
    ...(i === 0 ? [] : ['']),
    file === '' ? NOT_KERNEL : file,
    ...functions.filter((fn) => fn.file === file).map((fn) => `  ${headOf(fn)}`),
  ]);
}

export function renderFunction(fn: KernelFunction): string[] {
  return [headOf(fn), fn.doc, fn.file === '' ? NOT_KERNEL : fn.file];
}

export function functionJson(fn: KernelFunction): unknown {
  const params = fn.params.map(({ name, type, fallback }) => ({ name, type, fallback: fallback ?? null }));
  return { name: fn.name, params, returns: fn.returns, file: fn.file, doc: fn.doc };
}
