export { detectFormat, isGzip, SNIFF_LENGTH, type SourceFormat } from './sniff.ts';
export { importFormats, type ImportFormat } from './registry.ts';
export { suggestProfile, type ProfileSuggestion } from './suggest-profile.ts';
export { parseBootLog, type BootLogOptions } from './dmesg-early-ioremap/parse.ts';
export { linesOfChunks } from './dmesg-early-ioremap/lines.ts';
export type * from './dmesg-early-ioremap/types.ts';
export { parseProcResources, type ProcResource, type ProcResources } from './proc-resources/parse.ts';
export { everyCall, parseCapture, type CaptureOptions } from './capture/parse.ts';
export { captureFacts } from './capture/facts.ts';
export { shownPlaces, symbolNotes, type SymbolNotes } from './capture/places.ts';
export type { ShownPlace } from './capture/shown-place.ts';
export { tracedFunction, type Traced } from './capture/functions.ts';
export { parseVmallocinfo, type AreaKind, type Vmallocinfo, type VmallocinfoArea } from './vmallocinfo/parse.ts';
export {
  parsePtdump,
  type Ptdump,
  type PtdumpItem,
  type PtdumpMarker,
  type PtdumpRow,
  type PtdumpSkip,
} from './ptdump/parse.ts';
