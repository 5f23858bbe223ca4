export const subpaths: readonly { readonly name: string; readonly module: string }[];
