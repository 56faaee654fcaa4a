import type { Rule } from '../types.ts';

const nonexistent = /(?:resource: )?Trying to free nonexistent resource <([^>]*)>/;

/** A release that finds nothing to release. */
export const resourceReleasedTwice: Rule = {
  name: 'resource-released-twice',
  severity: 'error',
  title: 'a region was released that nobody holds',
  explanation:
    'A region is released only by exactly the range that was requested, and once. A second release, or one of another range, leaves the tree as it is; should somebody else have the range by then, it takes it away from them.',
  source: 'kernel/resource.c __release_region()',
  start: () => ({
    events: {
      'message.printed': ({ text }, moment) => {
        const range = nonexistent.exec(text)?.[1];
        if (range === undefined) return;
        const message = `the region ${range} was released, and nobody holds it.`;
        moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame }).end(moment.seq);
      },
    },
  }),
};
