import { readFileSync, writeFileSync } from 'node:fs';

/** Told to the system by this number: forget how much memory the process had at most, and begin to watch again. */
const FORGET = '5';

/** How much memory cases take. Only Linux tells; elsewhere there is the peak of the whole process. */
export class MemoryWatch {
  #had = NaN;
  growthMiB = NaN;
  growthIndex = -1;
  peakMiB = 0;

  before(): void {
    try {
      writeFileSync('/proc/self/clear_refs', FORGET);
      this.#had = statusMiB('self', 'VmRSS');
    } catch {
      this.#had = NaN;
    }
  }

  /** @param helpers process ids of others that worked for the case; what died is not seen */
  after(index: number, helpers: readonly number[]): void {
    const peak = statusMiB('self', 'VmHWM') || process.resourceUsage().maxRSS / 1024;
    const grown = peak - this.#had;
    if (grown > (this.growthMiB || -1)) [this.growthMiB, this.growthIndex] = [grown, index];
    this.peakMiB = Math.max(this.peakMiB, peak, ...helpers.map((pid) => statusMiB(pid, 'VmHWM') || 0));
  }
}

function statusMiB(pid: number | 'self', key: 'VmRSS' | 'VmHWM'): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
