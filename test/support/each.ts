/** A union with one member per kind, each with these fields: what narrows by `kind`. */
export type Each<K extends string, Fields = unknown> = K extends string
  ? { readonly kind: K } & Readonly<Fields>
  : never;
