export { ndjsonLines, parseNdjson, type NdjsonTrace } from './ndjson.ts';
export { procIomem, procIoports, procResources, type ProcResourcesOptions } from './proc-resources.ts';
