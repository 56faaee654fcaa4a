import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

const PLACE = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/g;

/** A stack trace that names the sources, where it named a bundle that has a map of them beside it. */
export function sourceStack(stack: string): string {
  return stack.replaceAll(PLACE, (place: string, url: string, line: string, column: string) => {
    try {
      const map = JSON.parse(readFileSync(fileURLToPath(`${url}.map`), 'utf8')) as SourceMapPayload;
      const origin = new SourceMap(map).findOrigin(Number(line), Number(column));
      if (!('fileName' in origin)) return place;
      return `${new URL(origin.fileName, url).href}:${origin.lineNumber}:${origin.columnNumber}`;
    } catch {
      return place; // a module that is no bundle, or a map that somebody removed
    }
  });
}
