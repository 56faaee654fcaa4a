export { ndjsonLines, parseNdjson, type NdjsonTrace } from './ndjson.ts';
export { procIomem, procIoports, procResources, type ProcResourcesOptions } from './proc-resources.ts';
export { procVmallocinfo, type VmallocinfoOptions } from './vmallocinfo.ts';
export { ptdump, type PtdumpOptions } from './ptdump.ts';
export { patConfiguration, patMemtypeList } from './pat.ts';
