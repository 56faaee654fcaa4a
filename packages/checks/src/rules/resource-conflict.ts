import { hex } from '@kwind/x86';
import type { Rule } from '../types.ts';

/** Two who want the same addresses. */
export const resourceConflict: Rule = {
  name: 'resource-conflict',
  severity: 'warning',
  title: 'a resource could not be had because of another',
  explanation:
    'A request for a range of addresses met a resource that is in the way. The caller got nothing, or something else than it asked for. With one driver for each device that does not happen; who holds the range is named.',
  source: 'kernel/resource.c __request_resource(), __request_region(), __insert_resource()',
  start: () => ({
    events: {
      'resource.conflicted': (event, moment) => {
        // Where the kernel only fills what is free, it works around what is there: nobody is refused.
        if (event.outcome !== 'refused') return;
        const other = `${event.otherName === '' ? '(null)' : event.otherName} [${hex(event.otherStart)}-${hex(event.otherEnd)}]`;
        const name = event.name === '' ? '(null)' : event.name;
        const message = `${name} [${hex(event.start)}-${hex(event.end)}] was refused because of ${other}: ${event.reason}.`;
        moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame }).end(moment.seq);
      },
    },
  }),
};
