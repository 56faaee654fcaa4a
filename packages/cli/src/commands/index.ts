import { conformCommand } from './conform.ts';
import { assertCommand } from './assert.ts';
import { baselineCommand } from './baseline.ts';
import { bisectCommand } from './bisect.ts';
import { checkCommand } from './check.ts';
import { debugCommand } from './debug.ts';
import { demoCommand } from './demo.ts';
import { eventsCommand } from './events.ts';
import { diffCommand } from './diff.ts';
import { exportCommand } from './export.ts';
import { fixmapCommand } from './fixmap.ts';
import { functionsCommand } from './functions.ts';
import { importCommand } from './import.ts';
import { infoCommand } from './info.ts';
import { logCommand } from './log.ts';
import { profilesCommand } from './profiles.ts';
import { recordCommand } from './record.ts';
import { regressCommand } from './regress.ts';
import { showCommand } from './show.ts';
import { sqlCommand } from './sql.ts';
import type { CommandSpec } from './spec.ts';
import { verifyCommand } from './verify.ts';

/** Every verb, in the order of `kwind --help`. */
export const commands: readonly CommandSpec[] = [
  importCommand,
  conformCommand,
  recordCommand,
  debugCommand,
  showCommand,
  logCommand,
  infoCommand,
  diffCommand,
  bisectCommand,
  checkCommand,
  assertCommand,
  baselineCommand,
  regressCommand,
  sqlCommand,
  verifyCommand,
  exportCommand,
  fixmapCommand,
  eventsCommand,
  profilesCommand,
  functionsCommand,
  demoCommand,
];
