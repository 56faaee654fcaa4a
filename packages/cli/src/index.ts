export { main } from './main.ts';
export type { Io } from './io.ts';
export { version } from './version.ts';
