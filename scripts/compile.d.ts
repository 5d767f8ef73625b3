export function isCompiled(root?: string): boolean;
export function compile(options?: Readonly<{ checked?: boolean; root?: string }>): number;
