declare const brand: unique symbol;

/** A nominal type: `Brand<bigint, 'Vaddr'>` is a bigint that cannot be mixed up with another brand. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
