import { ToolError } from '@kwind/x86';
import { catalog } from './catalog/index.ts';
import { widthOf, type EventSpec } from './schema.ts';

/** How the rows of one event type are laid out: `width` words, of which `strings` are indices; a list follows if `list`. */
interface Shape {
  readonly width: number;
  readonly strings: readonly boolean[];
  readonly list: boolean;
}

/** By event code. */
export const shapes: Shape[] = [];
for (const spec of catalog) shapes[spec.code] = shapeOf(spec);

function shapeOf(spec: EventSpec): Shape {
  const kinds = Object.values(spec.fields);
  const strings = kinds
    .filter((kind) => kind !== 'list')
    .flatMap((kind) => Array<boolean>(widthOf(kind)).fill(kind === 'str'));
  return { width: strings.length, strings, list: kinds.includes('list') };
}

/** Words that the rows of each code take, list elements apart. */
export const widths = new Uint32Array(256);
for (const spec of catalog) widths[spec.code] = shapes[spec.code]!.width + (shapes[spec.code]!.list ? 1 : 0);

export const corrupt = (what: string): ToolError =>
  new ToolError('event/corrupt', `stored batch cannot be read: ${what}.`, 'Run kwind verify on the trace.');
