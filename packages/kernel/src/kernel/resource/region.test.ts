import { describe, expect, it } from 'vitest';
import { IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, profile, profileNames } from '@kwind/x86';
import { conflicts, given, listed, memory, messages, port } from '@kwind/testkit';
import { resourceById, resourcesAt, strayResources } from '@kwind/state';
import { minus } from '../../errno.ts';
import {
  checkMemRegion,
  checkRegion,
  insertResource,
  releaseMemRegion,
  releaseRegion,
  renameRegion,
  requestMemRegion,
  requestMemRegionExclusive,
  requestMuxedRegion,
  requestRegion,
  requestRegionBelow,
  requestResource,
  resource,
} from '../resource.ts';

const p61 = profile('linux-6.1');
const book = profile('linux-insides');
const { IO, MEM, BUSY, MUXED } = IORESOURCE;

describe('regions', () => {
  it('go down through resources that are not busy', () => {
    const then = given(p61).when((k) => {
      const bus = memory(k, 'bus', 0xe000_0000n, 0xefff_ffffn);
      insertResource(k, IOMEM_RESOURCE, bus);
      return requestMemRegion(k, 0xe000_0000n, 0x1000n, 'driver');
    });
    expect(listed(then.state, 'iomem')).toEqual(['e0000000-efffffff bus', '  e0000000-e0000fff driver']);
    expect(resourceById(then.state, then.result!)).toMatchObject({ flags: MEM | BUSY });
    expect(messages(then)).toEqual([]);
  });

  it('are refused without a message: taken, out of range, of no length, or half in a device', () => {
    const then = given(p61).when((k) => {
      requestRegion(k, 0x70n, 8n, 'rtc');
      requestResource(k, IOPORT_RESOURCE, port(k, 'device', 0x100n, 0x10fn));
      return [
        requestRegion(k, 0x77n, 1n, 'taken'),
        requestRegion(k, 0xffffn, 2n, 'out of range'),
        requestRegion(k, 0x80n, 0n, 'no length'),
        requestRegion(k, 0x108n, 0x10n, 'half'),
      ];
    });
    expect(then.result).toEqual([null, null, null, null]);
    expect(conflicts(then)).toEqual([
      'taken against rtc: busy, refused',
      'out of range against PCI IO: outside, refused',
      'no length against PCI IO: outside, refused',
      'half against device: outside, refused',
    ]);
    expect(messages(then)).toEqual([]);
    expect(strayResources(then.state)).toEqual([]);
  });

  it('of length 0 at 0 ask for the whole address space', () => {
    const then = given(p61).when((k) => [requestMemRegion(k, 0n, 0n, 'all'), requestMemRegion(k, 0n, 0n, 'again')]);
    expect(then.result[1]).toBeNull();
    expect(listed(then.state, 'iomem')).toEqual(['0-ffffffffffffffff all']);
  });

  it.each([
    ['linux-6.1', IORESOURCE.SYSTEM_RAM | BUSY, 4],
    ['linux-4.4', MEM | BUSY, 0],
  ] as const)('of %s take the extended type and desc of what they land under, or not', (name, flags, desc) => {
    const then = given(profile(name)).when((k) => {
      insertResource(
        k,
        IOMEM_RESOURCE,
        resource(k, { name: 'memory', start: 0x1000n, end: 0x1fffn, flags: IORESOURCE.SYSTEM_RAM, desc: 4 }),
      );
      return requestMemRegion(k, 0x1000n, 0x10n, 'driver');
    });
    expect(resourceById(then.state, then.result!)).toMatchObject({ flags, desc });
  });

  it('that are exclusive keep that flag', () => {
    given(p61)
      .when((k) => requestMemRegionExclusive(k, 0x1000n, 0x10n, 'driver'))
      .thenState((state) => (resourcesAt(state, 'iomem', 0x1000n)[0]!.flags & IORESOURCE.EXCLUSIVE) !== 0n);
  });

  it('are released exactly, and nothing else is', () => {
    const then = given(p61).when((k) => {
      requestRegion(k, 0x70n, 8n, 'rtc');
      releaseRegion(k, 0x70n, 2n);
      releaseRegion(k, 0x70n, 8n);
    });
    expect(messages(then)).toEqual([
      'WARNING resource: Trying to free nonexistent resource <0x0000000000000070-0x0000000000000071>',
    ]);
    expect(listed(then.state, 'ioport')).toEqual([]);
    expect(strayResources(then.state)).toEqual([]);
  });

  it.each([
    ['linux-5', 'linux-4.19', 'WARNING Trying to free nonexistent resource <0000000000003333-0000000000003336>'],
    [
      'linux-6',
      'linux-6.12',
      'WARNING resource: Trying to free nonexistent resource <0x0000000000003333-0x0000000000003336>',
    ],
  ])('that nobody holds are complained about in the words of %s', (_, name, message) => {
    expect(messages(given(profile(name)).when((k) => releaseMemRegion(k, 0x3333n, 4n)))).toEqual([message]);
  });

  it('are found below what is not busy, and never by going back up', () => {
    const then = given(p61).when((k) => {
      const [left, right] = [memory(k, 'left', 0x1000n, 0x1fffn), memory(k, 'right', 0x1000n, 0x1fffn)];
      requestMemRegion(k, 0x1000n, 0x10n, 'driver');
      insertResource(k, IOMEM_RESOURCE, left);
      insertResource(k, IOMEM_RESOURCE, right);
      releaseMemRegion(k, 0x1000n, 0x10n);
      releaseMemRegion(k, 0x1000n, 0x1000n);
    });
    expect(listed(then.state, 'iomem')).toEqual(['1000-1fff right', '  1000-1fff left']);
    expect(messages(then)).toHaveLength(1);
  });

  it('get another name while they live', () => {
    const then = given(p61).when((k) => renameRegion(k, requestRegion(k, 0x70n, 8n, 'rtc_cmos')!, 'rtc0'));
    expect(listed(then.state, 'ioport')).toEqual(['70-77 rtc0']);
    then.thenAmongFacts('resource.renamed');
    expect(then.facts.find((fact) => fact.type === 'call.entered')).toMatchObject({
      fn: 'request_region',
      text: 'name="rtc_cmos"',
    });
  });
});

describe('muxed regions', () => {
  it('sleep until the other one is released, and are claimed then', () => {
    const then = given(p61).when((k) => {
      requestMuxedRegion(k, 0x2en, 2n, 'first');
      const asleep = requestMuxedRegion(k, 0x2en, 2n, 'second');
      const sleeping = k.view.control.resources.waiters.length;
      releaseRegion(k, 0x2en, 2n);
      return [asleep, sleeping];
    });
    expect(then.result).toEqual([null, 1]);
    expect(listed(then.state, 'ioport')).toEqual(['2e-2f second']);
    expect(then.state.control.resources.waiters).toEqual([]);
    then.thenAmongFacts(
      'resource.waiting',
      'resource.released',
      'resource.freed',
      'resource.woken',
      'call.entered __request_region',
      'resource.claimed',
    );
  });

  it('wake in the order in which they fell asleep, and sleep again behind the first', () => {
    const then = given(p61).when((k) => {
      for (const name of ['a', 'b', 'c']) requestMuxedRegion(k, 0x2en, 2n, name);
      releaseRegion(k, 0x2en, 2n);
    });
    expect(listed(then.state, 'ioport')).toEqual(['2e-2f b']);
    expect(then.state.control.resources.waiters).toHaveLength(1);
  });

  it('do not wait for a region that is not muxed, and others do not wait for them', () => {
    const then = given(p61).when((k) => {
      requestRegion(k, 0x2en, 2n, 'plain');
      requestMuxedRegion(k, 0x4en, 2n, 'muxed');
      return [requestMuxedRegion(k, 0x2en, 2n, 'x'), requestRegion(k, 0x4en, 2n, 'y')];
    });
    expect(then.result).toEqual([null, null]);
    then.thenNoFact('resource.waiting');
  });

  it('of 4.0 are linked below the region that they waited for, which is freed: nobody sees them', () => {
    const then = given(book).when((k) => {
      requestMuxedRegion(k, 0x2en, 2n, 'first');
      requestMuxedRegion(k, 0x2en, 2n, 'second');
      releaseRegion(k, 0x2en, 2n);
    });
    expect(listed(then.state, 'ioport')).toEqual([]);
    expect(strayResources(then.state).map(({ name, freed }) => [name, freed])).toEqual([
      ['first', true],
      ['second', false],
    ]);
    then.thenAmongFacts('resource.freed', 'resource.woken', 'resource.claimed');
  });

  it('of 4.0 sleep for ever when they do not fit into the freed region', () => {
    const then = given(book).when((k) => {
      requestMuxedRegion(k, 0x2en, 2n, 'first');
      requestMuxedRegion(k, 0x2en, 4n, 'wider');
      releaseRegion(k, 0x2en, 2n);
    });
    expect(then.state.control.resources.waiters).toHaveLength(1);
  });

  it('keep MUXED in their flags', () => {
    given(p61)
      .when((k) => requestMuxedRegion(k, 0x2en, 2n, 'a'))
      .thenState((state) => resourcesAt(state, 'ioport', 0x2en)[0]!.flags === (IO | BUSY | MUXED));
  });
});

describe('check_region', () => {
  it('claims and releases to find out', () => {
    const then = given(book).when((k) => {
      requestRegion(k, 0x70n, 8n, 'rtc');
      return [checkRegion(k, 0x70n, 1n), checkRegion(k, 0x80n, 1n), checkMemRegion(k, 0x1000n, 0x10n)];
    });
    expect(then.result).toEqual([minus('EBUSY'), 0n, 0n]);
    then.thenAmongFacts(
      'call.entered check_region',
      'call.entered __check_region',
      'call.entered __request_region',
      'resource.claimed',
      'resource.released',
      'resource.freed',
    );
    expect(listed(then.state, 'ioport')).toEqual(['70-77 rtc']);
  });

  it('is in the book’s kernel and in no later one', () => {
    expect(profileNames.filter((name) => profile(name).has.checkRegion)).toEqual(['linux-insides']);
  });
});

describe('a bracketed call', () => {
  it('names the text argument, and stores an error code as a register holds it', () => {
    const then = given(p61).when((k) => requestRegionBelow(k, IOPORT_RESOURCE, 0x70n, 8n, 'rtc'));
    expect(then.facts[0]).toMatchObject({
      type: 'call.entered',
      fn: '__request_region',
      args: [IOPORT_RESOURCE, 0x70n, 8n, 0n],
      text: 'name="rtc"',
    });
    expect(then.facts.at(-1)).toMatchObject({ type: 'call.returned', fn: '__request_region', result: then.result });
    const refused = then.when((k) => requestResource(k, IOPORT_RESOURCE, port(k, 'x', 0x70n, 0x70n)));
    expect(refused.facts.at(-1)).toMatchObject({ type: 'call.returned', result: 0xffff_ffff_ffff_fff0n });
  });
});
