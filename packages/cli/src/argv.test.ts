import { describe, expect, it } from 'vitest';
import { normaliseArgv, STDIN, STDOUT } from './argv.ts';

describe('normaliseArgv', () => {
  it("takes gdb's single-dash spellings after debug", () => {
    const typed = ['debug', 'boot.kwind', '-batch', '-ex', 'goto end', '-ex', '-5', '-x', 'a file.txt'];
    expect(normaliseArgv(typed)).toEqual([
      'debug',
      'boot.kwind',
      '--batch',
      '--ex=goto end',
      '--ex=-5',
      '--ex=source a file.txt',
    ]);
  });

  it('keeps commands and files in the order given', () => {
    expect(normaliseArgv(['debug', 't', '-x', 'one', '--ex', 'step', '--command', 'two'])).toEqual([
      'debug',
      't',
      '--ex=source one',
      '--ex=step',
      '--ex=source two',
    ]);
  });

  it('leaves other commands alone', () => {
    expect(normaliseArgv(['log', '-batch'])).toEqual(['log', '-batch']);
  });

  it('stops at --', () => {
    expect(normaliseArgv(['debug', '--', '-batch'])).toEqual(['debug', '--', '-batch']);
  });

  it('reads a lone dash as standard input, after -o as standard output', () => {
    expect(normaliseArgv(['import', '-', '-o', 'x'])).toEqual(['import', STDIN, '-o', 'x']);
    expect(normaliseArgv(['export', 't', '-o', '-'])).toEqual(['export', 't', '-o', STDOUT]);
  });

  it('leaves an option without its value to yargs, which says so', () => {
    expect(normaliseArgv(['debug', 't', '-ex'])).toEqual(['debug', 't', '-ex']);
  });
});
