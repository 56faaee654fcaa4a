import { ToolError } from '@kwind/x86';
import { catalog } from './catalog/index.ts';

/**
 * The codes of the event types that a pattern names: `pte.written`, `pte.*`, `*.populated`, or several with commas between.
 * @throws ToolError event/unknown-type when it names none
 */
export function codesMatching(pattern: string): readonly number[] {
  const tests = pattern.split(',').map(
    (part) =>
      new RegExp(
        `^${part
          .trim()
          .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')}$`,
      ),
  );
  const codes = catalog.filter((spec) => tests.some((test) => test.test(spec.type))).map((spec) => spec.code);
  if (codes.length > 0) return codes;
  throw new ToolError(
    'event/unknown-type',
    `no event type matches "${pattern}".`,
    'kwind events lists them; * stands for any text, as in pte.* or *.populated.',
  );
}
