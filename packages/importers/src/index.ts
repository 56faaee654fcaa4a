export { detectFormat, isGzip, SNIFF_LENGTH, type SourceFormat } from './sniff.ts';
export { importFormats, type ImportFormat } from './registry.ts';
export { suggestProfile, type ProfileSuggestion } from './suggest-profile.ts';
export { parseBootLog, type BootLogOptions } from './dmesg-early-ioremap/parse.ts';
export { linesOfChunks } from './dmesg-early-ioremap/lines.ts';
export type * from './dmesg-early-ioremap/types.ts';
export { parseProcResources, type ProcResource, type ProcResources } from './proc-resources/parse.ts';
