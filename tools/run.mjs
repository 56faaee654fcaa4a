// node tools/run.mjs FILE [ARG...]: install the workspace if that is still to do, then run FILE (relative to the
// repository) on a Node that can load it. Plain JavaScript without dependencies: an older Node (>= 18) must parse it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshBundle } from '../packages/cli/bin/bundle.mjs';

const PNPM = 'pnpm@12.21.0';
const FLOOR = [22, 18]; // below: no .ts loading without a flag, and better-sqlite3 crashes below 22.14
const EX_UNAVAILABLE = 69;
const ATTEMPTS = 2;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
const stamp = join(modules, '.kwind-stamp');
const launcher = join(root, 'packages', 'cli', 'bin', 'kwind.mjs');
const pinned = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');

function fail(sentence) {
  console.error(`kwind: ${sentence}`);
  process.exit(EX_UNAVAILABLE);
}

/** Everything that decides what an install would put on disk, as one hash. */
function fingerprint() {
  const packages = readdirSync(join(root, 'packages')).sort();
  const manifests = ['.', 'test', 'tools', ...packages.map((name) => join('packages', name))];
  const files = [
    '.npmrc',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...manifests.map((folder) => join(folder, 'package.json')),
  ];
  const hash = createHash('sha256').update(`${PNPM} ${process.platform} ${process.arch}`);
  for (const file of files) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`\0${file}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function isInstalled(want) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === want;
}

/** A machine without the C library it was built for (Alpine, very old Linux) has the pinned Node but cannot start it. */
function dropPinnedNodeIfBroken() {
  if (!existsSync(pinned) || spawnSync(pinned, ['--version'], { stdio: 'ignore' }).status === 0) return;
  // The shims in .bin prefer a `node` beside them; without it they take the one in PATH.
  rmSync(join(bin, 'node'), { force: true });
  rmSync(pinned, { force: true });
}

/** Returns whether there was something to install. */
function install() {
  const want = fingerprint();
  if (isInstalled(want)) return false;
  console.error('kwind: installing what the lockfile names; only this run needs the npm registry');
  // npm would wait 70 s before it admits that there is no network; a slow registry still gets its second try.
  const env = { npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000', ...process.env };
  const args = ['--yes', '--prefer-offline', PNPM, 'install', '--frozen-lockfile', '--trust-lockfile'];
  for (let attempt = 1; ; attempt++) {
    // Set-up chatter goes to stderr: stdout belongs to the program that runs afterwards.
    const shell = process.platform === 'win32';
    const ended = spawnSync('npx', args, { cwd: root, env, stdio: ['ignore', 2, 2], shell });
    if (ended.status === 0) break;
    if (ended.signal === 'SIGINT') process.exit(130);
    if (isInstalled(want)) return false; // another first run, started at the same time, got there
    if (attempt === ATTEMPTS) {
      const why = ended.error ? ended.error.message : `exit code ${ended.status ?? ended.signal}`;
      fail(
        `the set-up failed (npx ${args.join(' ')}: ${why}). The first run needs the npm registry; try again with it.`,
      );
    }
  }
  dropPinnedNodeIfBroken();
  writeFileSync(stamp, want);
  return true;
}

function isOwnNodeGood() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
}

function chooseNode() {
  if (existsSync(pinned)) return pinned;
  if (isOwnNodeGood()) return process.execPath;
  return fail(
    `Node ${FLOOR.join('.')} or newer is needed on ${process.platform}-${process.arch}; this is ${process.version}.`,
  );
}

/** Asynchronous, and deaf to the keyboard's signals: they reach the child directly, and it decides what they mean. */
function run(node, file, args) {
  const path = [dirname(node), bin, process.env.PATH].join(delimiter);
  const child = spawn(node, [resolve(root, file), ...args], { stdio: 'inherit', env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? EX_UNAVAILABLE);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** The command's quick form. Without it the command runs from its sources, so nothing here may fail. */
function bundle(node) {
  if (freshBundle() !== null) return;
  spawnSync(node, [join(root, 'tools', 'bundle.ts')], { cwd: root, stdio: ['ignore', 2, 2] });
}

const [file, ...args] = process.argv.slice(2);
if (file === undefined) fail('usage: node tools/run.mjs FILE [ARG...]');
const isNew = install();
const node = chooseNode();
if (isNew || resolve(root, file) === launcher) bundle(node);
run(node, file, args);
