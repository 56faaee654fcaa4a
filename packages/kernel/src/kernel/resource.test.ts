import { describe, expect, it } from 'vitest';
import { IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, profile } from '@kwind/x86';
import { conflicts, given, listed, memory, messages, port } from '@kwind/testkit';
import { resourceById, resourcesAt, strayResources, treeOf } from '@kwind/state';
import { minus } from '../errno.ts';
import {
  adjustResource,
  cutIomemResource,
  insertResource,
  insertResourceConflict,
  insertResourceExpandToFit,
  releaseRegion,
  releaseResource,
  removeResource,
  requestMemRegion,
  requestRegion,
  requestResource,
  requestResourceConflict,
  reserveRegionWithSplit,
} from './resource.ts';

const p61 = profile('linux-6.1');
const { MEM, BUSY } = IORESOURCE;

describe('request_resource', () => {
  it('links into free ranges in the order of their addresses, and says who is in the way', () => {
    const then = given(p61).when((k) => {
      requestResource(k, IOPORT_RESOURCE, port(k, 'b', 0x20n, 0x2fn));
      requestResource(k, IOPORT_RESOURCE, port(k, 'a', 0x10n, 0x1fn));
      return requestResource(k, IOPORT_RESOURCE, port(k, 'c', 0x1fn, 0x20n));
    });
    expect(then.result).toBe(0xffff_ffff_ffff_fff0n);
    expect(listed(then.state, 'ioport')).toEqual(['10-1f a', '20-2f b']);
    expect(conflicts(then)).toEqual(['c against a: overlap, refused']);
  });

  it('returns the root for a range that does not fit into it, and for one that ends before it starts', () => {
    const then = given(p61).when((k) => [
      requestResourceConflict(k, IOPORT_RESOURCE, port(k, 'high', 0xfff0n, 0x1_0000n)),
      requestResourceConflict(k, IOPORT_RESOURCE, port(k, 'reversed', 0x11n, 0x10n)),
    ]);
    expect(then.result).toEqual([IOPORT_RESOURCE, IOPORT_RESOURCE]);
    expect(conflicts(then)).toEqual([
      'high against PCI IO: outside, refused',
      'reversed against PCI IO: outside, refused',
    ]);
  });

  it('looks at direct children only, whether they are busy or not', () => {
    given(p61)
      .when((k) => {
        const bus = port(k, 'bus', 0n, 0xffn);
        insertResource(k, IOPORT_RESOURCE, bus);
        return [
          requestResource(k, IOPORT_RESOURCE, port(k, 'x', 0x10n, 0x1fn)),
          requestResource(k, bus, port(k, 'y', 0x10n, 0x1fn)),
        ];
      })
      .thenReturns((codes) => codes[0] === minus('EBUSY') && codes[1] === 0n);
  });

  it('refuses the same resource twice, and one that hangs elsewhere', () => {
    const then = given(p61).when((k) => {
      const node = port(k, 'a', 0x10n, 0x1fn);
      const bus = port(k, 'bus', 0n, 0xffn);
      requestResource(k, IOPORT_RESOURCE, node);
      requestResource(k, IOPORT_RESOURCE, node);
      requestResource(k, bus, node);
    });
    expect(conflicts(then)).toEqual(['a against a: itself, refused', 'a against a: linked-elsewhere, refused']);
  });

  it.each([
    ['linux-6.1', 0n, 'BUG: kernel NULL pointer dereference, address: 0000000000000000'],
    ['linux-6.1', 0xffff_8880_1234_0000n, 'BUG: unable to handle page fault for address: ffff888012340000'],
    ['linux-4.4', 0xffff_8800_1234_0000n, 'BUG: unable to handle kernel paging request at ffff880012340000'],
  ])('of %s stops at a pointer that is no resource: %s', (name, pointer, message) => {
    given(profile(name))
      .when((k) => requestResource(k, IOMEM_RESOURCE, pointer))
      .thenAmongFacts(`bug.raised __request_resource ${message}`);
  });
});

describe('release_resource', () => {
  it('takes what is below with it', () => {
    const then = given(p61).when((k) => {
      const [bus, card] = [port(k, 'bus', 0n, 0xffn), port(k, 'card', 0x10n, 0x1fn)];
      requestResource(k, IOPORT_RESOURCE, bus);
      requestResource(k, bus, card);
      return [releaseResource(k, bus), card] as const;
    });
    expect(then.result[0]).toBe(0n);
    expect(listed(then.state, 'ioport')).toEqual([]);
    expect(treeOf(then.state, then.result[1])).toBeUndefined();
    expect(strayResources(then.state).map((node) => node.name)).toEqual(['bus', 'card']);
  });

  it.each([
    ['linux-6.1', 'kernel NULL pointer dereference, address: 0000000000000038'],
    ['linux-4.4', 'unable to handle kernel NULL pointer dereference at 0000000000000030'],
  ])('of %s falls over a resource that was released already', (name, words) => {
    given(profile(name))
      .when((k) => {
        const node = port(k, 'a', 0x10n, 0x1fn);
        requestResource(k, IOPORT_RESOURCE, node);
        releaseResource(k, node);
        releaseResource(k, node);
      })
      .thenAmongFacts('resource.released', `bug.raised release_resource BUG: ${words}`);
  });

  it('fails with an error code when the parent has other children by now', () => {
    given(p61)
      .when((k) => {
        const [bus, card] = [port(k, 'bus', 0x10n, 0x1fn), port(k, 'card', 0x10n, 0x13n)];
        requestResource(k, bus, card);
        requestRegion(k, 0x18n, 1n, 'taken over');
        insertResource(k, IOPORT_RESOURCE, bus);
        return releaseResource(k, card);
      })
      .thenAmongFacts('resource.lost', 'resource.inserted')
      .thenReturns(minus('EINVAL'));
  });

  it('of a region whose parent region was released reads freed memory', () => {
    given(p61)
      .when((k) => {
        const outer = requestRegion(k, 0x10n, 0x10n, 'outer')!;
        const inner = port(k, 'inner', 0x10n, 0x13n);
        requestResource(k, outer, inner);
        releaseRegion(k, 0x10n, 0x10n);
        return releaseResource(k, inner);
      })
      .thenAmongFacts(
        'resource.released',
        'resource.lost',
        'resource.freed',
        'bug.raised release_resource BUG: KASAN: use-after-free in release_resource',
      );
  });
});

describe('remove_resource', () => {
  it('leaves what is below in its place', () => {
    const then = given(p61).when((k) => {
      requestRegion(k, 0x10n, 4n, 'a');
      requestRegion(k, 0x20n, 4n, 'b');
      const bus = port(k, 'bus', 0n, 0xffn);
      insertResource(k, IOPORT_RESOURCE, bus);
      return removeResource(k, bus);
    });
    expect(then.result).toBe(0n);
    expect(listed(then.state, 'ioport')).toEqual(['10-13 a', '20-23 b']);
  });
});

describe('insert_resource', () => {
  it('takes busy regions as children, and goes down into what contains it', () => {
    const then = given(p61).when((k) => {
      requestMemRegion(k, 0xfec0_0000n, 0x400n, 'low');
      requestMemRegion(k, 0xfed0_0000n, 0x400n, 'high');
      insertResource(k, IOMEM_RESOURCE, memory(k, 'window', 0xfe00_0000n, 0xfeff_ffffn));
      insertResource(k, IOMEM_RESOURCE, memory(k, 'bridge', 0xfed0_0000n, 0xfedf_ffffn));
    });
    expect(listed(then.state, 'iomem')).toEqual([
      'fe000000-feffffff window',
      '  fec00000-fec003ff low',
      '  fed00000-fedfffff bridge',
      '    fed00000-fed003ff high',
    ]);
    then.thenAmongFacts('resource.reparented', 'resource.reparented', 'resource.inserted');
  });

  it('puts the new one above an old one of the same range', () => {
    const then = given(p61).when((k) => {
      requestResource(k, IOMEM_RESOURCE, memory(k, 'System ROM', 0xf_0000n, 0xf_ffffn));
      insertResource(k, IOMEM_RESOURCE, memory(k, 'Reserved', 0xf_0000n, 0xf_ffffn));
    });
    expect(listed(then.state, 'iomem')).toEqual(['f0000-fffff Reserved', '  f0000-fffff System ROM']);
  });

  it('names the first that sticks out, and moves nothing', () => {
    const then = given(p61).when((k) => {
      requestMemRegion(k, 0x1000n, 0x100n, 'inside');
      const half = requestMemRegion(k, 0x1f00n, 0x200n, 'half')!;
      return [insertResourceConflict(k, IOMEM_RESOURCE, memory(k, 'new', 0x1000n, 0x1fffn)), half];
    });
    expect(then.result[0]).toBe(then.result[1]);
    expect(conflicts(then)).toEqual(['new against half: partial-overlap, refused']);
    then.thenNoFact('resource.reparented');
  });

  it('warns of a resource that is inserted already, and forgets what a new parent held before', () => {
    const then = given(p61).when((k) => {
      const node = memory(k, 'a', 0x1000n, 0x1fffn);
      insertResource(k, IOMEM_RESOURCE, node);
      insertResource(k, IOMEM_RESOURCE, node);
      requestResource(k, node, memory(k, 'forgotten', 0x1000n, 0x10ffn));
      releaseResource(k, node);
      requestMemRegion(k, 0x1800n, 0x10n, 'taken over');
      insertResource(k, IOMEM_RESOURCE, node);
    });
    then.thenAmongFacts(
      'warn.raised __insert_resource',
      'resource.conflicted',
      'resource.lost',
      'resource.reparented',
      'resource.inserted',
    );
    expect(listed(then.state, 'iomem')).toEqual(['1000-1fff a', '  1800-180f taken over']);
  });
});

describe('insert_resource_expand_to_fit', () => {
  it.each([
    ['linux-6.1', 'INFO resource: Expanded resource Reserved due to conflict with PCI Bus 0000:00'],
    ['linux-4.19', 'DEFAULT Expanded resource Reserved due to conflict with PCI Bus 0000:00'],
  ])('of %s grows over what it half overlaps and says so', (name, message) => {
    const then = given(profile(name)).when((k) => {
      insertResource(k, IOMEM_RESOURCE, memory(k, 'PCI Bus 0000:00', 0x2000n, 0x3fffn));
      const node = memory(k, 'Reserved', 0x1000n, 0x2fffn);
      insertResourceExpandToFit(k, IOMEM_RESOURCE, node);
      insertResourceExpandToFit(k, IOMEM_RESOURCE, node);
    });
    expect(messages(then)).toEqual([message]);
    expect(conflicts(then)).toEqual(['Reserved against PCI Bus 0000:00: partial-overlap, expanded']);
    expect(listed(then.state, 'iomem')).toEqual(['1000-3fff Reserved', '  2000-3fff PCI Bus 0000:00']);
  });

  it('gives up on what does not fit into the root', () => {
    const then = given(p61).when((k) => {
      cutIomemResource(k);
      insertResourceExpandToFit(k, IOMEM_RESOURCE, memory(k, 'beyond', 0x1000n, 1n << 40n));
    });
    expect(conflicts(then)).toEqual(['beyond against PCI mem: outside, refused']);
    expect(messages(then)).toEqual([]);
  });
});

describe('adjust_resource', () => {
  it.each([
    ['its parent', 0x0n, 0x200n, 'outside'],
    ['the next one', 0x10n, 0x11n, 'overlap'],
    ['the one before', 0x8n, 0x18n, 'overlap'],
    ['a child', 0x14n, 4n, 'excludes-child'],
  ])('refuses for %s', (_, start, size, reason) => {
    const then = given(p61).when((k) => {
      const bus = port(k, 'bus', 0n, 0xffn);
      insertResource(k, IOPORT_RESOURCE, bus);
      const node = port(k, 'node', 0x10n, 0x1fn);
      for (const [name, from, to] of [
        ['before', 8n, 0xfn],
        ['next', 0x20n, 0x2fn],
      ] as const)
        requestResource(k, bus, port(k, name, from, to));
      requestResource(k, bus, node);
      requestResource(k, node, port(k, 'child', 0x10n, 0x13n));
      return adjustResource(k, node, start, size);
    });
    expect(then.result).toBe(minus('EBUSY'));
    expect(conflicts(then)).toEqual([expect.stringMatching(new RegExp(`^node against .*: ${reason}, refused$`))]);
  });

  it('moves bounds in place, also of a resource that is linked nowhere', () => {
    const then = given(p61).when((k) => {
      const node = port(k, 'node', 0x10n, 0x1fn);
      const code = adjustResource(k, node, 0x18n, 8n);
      return [code, node] as const;
    });
    expect(then.result[0]).toBe(0n);
    expect(resourceById(then.state, then.result[1])).toMatchObject({ start: 0x18n, end: 0x1fn });
  });
});

describe('reserve_region_with_split', () => {
  it('takes what is free, in pieces', () => {
    const then = given(p61).when((k) => {
      for (const [name, start] of [
        ['a', 0x2000n],
        ['b', 0x4000n],
      ] as const)
        requestMemRegion(k, start, 0x1000n, name);
      reserveRegionWithSplit(k, IOMEM_RESOURCE, 0x1000n, 0x5fffn, 'RAM buffer');
    });
    expect(listed(then.state, 'iomem')).toEqual([
      '1000-1fff RAM buffer',
      '2000-2fff a',
      '3000-3fff RAM buffer',
      '4000-4fff b',
      '5000-5fff RAM buffer',
    ]);
    expect(conflicts(then)).toEqual(['RAM buffer against a: overlap, split', 'RAM buffer against b: overlap, split']);
  });

  it('starts behind what covers its start, and takes nothing when all is covered', () => {
    const then = given(p61).when((k) => {
      requestMemRegion(k, 0x1000n, 0x2000n, 'a');
      reserveRegionWithSplit(k, IOMEM_RESOURCE, 0x2000n, 0x3fffn, 'tail');
      reserveRegionWithSplit(k, IOMEM_RESOURCE, 0x1000n, 0x1fffn, 'none');
    });
    expect(listed(then.state, 'iomem')).toEqual(['1000-2fff a', '3000-3fff tail']);
    expect(conflicts(then).at(-1)).toBe('none against a: overlap, dropped');
  });

  it('keeps inside the root, or gives up, with the kernel’s words', () => {
    const then = given(p61).when((k) => {
      cutIomemResource(k);
      reserveRegionWithSplit(k, IOMEM_RESOURCE, 0xff_ffff_f000n, 0x100_0000_0fffn, 'buffer');
      reserveRegionWithSplit(k, IOMEM_RESOURCE, 0x100_0000_0000n, 0x100_0000_0fffn, 'beyond');
    });
    expect(messages(then)).toEqual([
      'ERR resource: requested range [0xfffffff000-0x10000000fff] not in root [mem 0x00000000-0xffffffffff flags 0x200]',
      'ERR resource: fixing request to [0xfffffff000-0xffffffffff]',
      'ERR resource: requested range [0x10000000000-0x10000000fff] not in root [mem 0x00000000-0xffffffffff flags 0x200]',
    ]);
    expect(listed(then.state, 'iomem')).toEqual(['fffffff000-ffffffffff buffer']);
  });

  it.each([
    ['linux-4.4', BUSY],
    ['linux-6.1', BUSY | MEM],
  ] as const)('of %s marks its pieces busy, with or without a type', (name, flags) => {
    given(profile(name))
      .when((k) => reserveRegionWithSplit(k, IOMEM_RESOURCE, 0x1000n, 0x1fffn, 'RAM buffer'))
      .thenState((state) => resourcesAt(state, 'iomem', 0x1000n)[0]!.flags === flags);
  });
});
