export { describeAt, ScriptError, type Place, type ScriptErrorCode } from './errors.ts';
export type { Script, Statement } from './ast.ts';
export { parseScript, printScript, scriptProfile } from './parse.ts';
export { checkScript, type CheckedScript } from './check.ts';
export { runScript, type Expectation, type ScriptResult, type ScriptStop } from './run.ts';
export { scriptHelp, type StatementHelp } from './help.ts';
export { kernelScope } from './scope.ts';
