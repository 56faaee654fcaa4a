/** The folder of the bundles; ends with a separator, as {@link root} does. */
export const bundles: string;
export const root: string;
export function freshBundle(): string | null;
