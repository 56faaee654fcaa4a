import type { DebugValue, HeldResource, TargetValue } from '@kwind/debugger';
import { assertNever, hex } from '@kwind/x86';
import { safe } from '../terminal.ts';
import { entryText, slotText } from './happening.ts';
import { sizeText } from './walk.ts';

/** What something that can be asked about held. */
export function targetText(value: TargetValue): string {
  switch (value.kind) {
    case 'entry':
      return entryText(value.entry);
    case 'translation':
      return value.phys === null
        ? 'not mapped'
        : `phys ${hex(value.phys)}, ${sizeText(value.pageSize)} page  ${value.flags}`;
    case 'slot':
      return slotText(value.slot);
    case 'number':
      return hex(value.value);
    case 'text':
      return safe(value.value);
    case 'value':
      return valueText(value.value);
    case 'resources':
      return value.resources.length === 0 ? 'free' : value.resources.map(heldText).join(' > ');
    default:
      return assertNever(value, 'value of a target');
  }
}

const heldText = ({ name, start, end }: HeldResource): string => `${safe(name)} ${hex(start)}-${hex(end)}`;

/** The fields of a record and the items of a list stand on one line; what was left out is said. */
export function valueText(value: DebugValue): string {
  switch (value.kind) {
    case 'number':
      if (value.show === 'bin') return `0b${value.value.toString(2)}`;
      return value.show === 'dec' ? String(value.value) : hex(value.value);
    case 'boolean':
      return String(value.value);
    case 'text':
      return `"${safe(value.value)}"`;
    case 'none':
      return 'none';
    case 'record':
      return `${safe(value.name)} { ${value.fields.map((field) => `${safe(field.name)} = ${valueText(field.value)}`).join(', ')} }`.trimStart();
    case 'list':
      return `[${value.items.map(valueText).join(', ')}${value.leftOut === 0 ? '' : `, … ${value.leftOut} more`}]`;
    case 'error':
      return `<${safe(value.message)}>`;
    default:
      return assertNever(value, 'value');
  }
}
