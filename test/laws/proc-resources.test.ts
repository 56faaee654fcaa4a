import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, profile, profileNames, type ResourceTreeName } from '@kwind/x86';
import { procResources } from '@kwind/exporters';
import { parseProcResources, type ProcResource } from '@kwind/importers';
import { insertResource, requestRegionBelow, resource } from '@kwind/kernel';
import { resourceList, resourceTree, type ResourceView } from '@kwind/state';
import { given } from '@kwind/testkit';

const plain = ({ start, end, name, children }: ResourceView | ProcResource): unknown => [
  start,
  end,
  name,
  children.map(plain),
];

/** Ranges of a power of two around one of a few points, aligned or not: they lie in each other as often as beside each other. */
const range = (last: bigint) =>
  fc
    .tuple(fc.constantFrom(0n, last / 3n, last / 2n, last), fc.nat(last.toString(2).length), fc.boolean())
    .map(([point, bits, aligned]) => {
      const start = aligned ? (point >> BigInt(bits)) << BigInt(bits) : point;
      const end = start + (1n << BigInt(bits)) - 1n;
      return { start, end: end < last ? end : last };
    });
const names = fc
  .oneof(fc.constantFrom('System RAM', 'PCI Bus 0000:00', 'a : b', '  spaces', ''), fc.stringMatching(/^[ -~]{1,12}$/))
  .filter((name) => name !== '<BAD>');
const claims = (last: bigint) => fc.array(fc.tuple(range(last), names, fc.boolean()), { maxLength: 40, size: 'max' });

describe.each([
  ['ioport', IOPORT_RESOURCE, 0xffffn],
  ['iomem', IOMEM_RESOURCE, 0xffff_ffff_ffff_ffffn],
] as const)('/proc text of the %s tree', (tree: ResourceTreeName, root, last) => {
  it('reads back as the tree that was printed, whatever was inserted and requested', () => {
    let deepest = 0;
    fc.assert(
      fc.property(claims(last), fc.constantFrom(...profileNames), (list, name) => {
        const { state } = given(profile(name)).when((k) => {
          for (const [{ start, end }, text, inserts] of list) {
            if (inserts) insertResource(k, root, resource(k, { name: text, start, end, flags: IORESOURCE.MEM }));
            else requestRegionBelow(k, root, start, BigInt.asUintN(64, end - start + 1n), text);
          }
        });
        const text = procResources(state, tree);
        expect(parseProcResources(text).resources.map(plain)).toEqual(resourceTree(state, tree).children.map(plain));
        deepest = Math.max(deepest, ...resourceList(state, tree).map((node) => node.depth));
      }),
      { numRuns: 300 },
    );
    // The kernel stops indenting at 5; deeper ones are told apart by their ranges alone.
    expect(deepest).toBeGreaterThan(6);
  });
});
