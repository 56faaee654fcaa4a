import type { KernelTextOptions, KernelTexts, MachineTopic } from '@kwind/debugger';
import { patConfiguration, patMemtypeList, procIomem, procIoports, procVmallocinfo, ptdump } from '@kwind/exporters';
import { e820Table, type MachineView } from '@kwind/state';
import { assertNever, printE820Line } from '@kwind/x86';

/** What a kernel shows of itself, byte for byte; every text ends with a line feed, or is empty. */
export const kernelText: KernelTexts = (topic, view, options) => textOf(topic, view, options);

const headed = (title: string, text: string): string => (text === '' ? '' : `${title}:\n${text}`);

function textOf(topic: MachineTopic, view: MachineView, options: KernelTextOptions): string {
  switch (topic) {
    case 'iomem':
      return procIomem(view, options);
    case 'ioports':
      return procIoports(view, options);
    case 'resources':
      return headed('/proc/iomem', procIomem(view, options)) + headed('/proc/ioports', procIoports(view, options));
    case 'vmalloc':
      return procVmallocinfo(view);
    case 'ptdump':
      return ptdump(view);
    case 'e820':
      return e820Table(view)
        .map((entry) => `${printE820Line(view.profile.e820, 'BIOS-e820', entry)}\n`)
        .join('');
    case 'pat':
      return `${patConfiguration(view)}\n${patMemtypeList(view)}`;
    default:
      return assertNever(topic, 'topic');
  }
}
