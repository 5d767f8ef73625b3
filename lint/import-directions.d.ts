interface Direction {
  readonly may: readonly string[] | 'everything';
  readonly because: string;
  readonly packages?: readonly string[];
}

export const directions: Readonly<Record<string, Direction>>;
