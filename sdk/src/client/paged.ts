export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/**
 * A list of the ledger's. `for await (const node of list)` walks all of it, page by page, as far as it is read; `list.page()` asks
 * for the one page that `first` and `after` name. Nothing is asked before.
 */
export class Paged<Node> implements AsyncIterable<Node> {
  constructor(private readonly pageAfter: (after?: string) => Promise<Page<Node>>) {}

  page(): Promise<Page<Node>> {
    return this.pageAfter();
  }

  async *pages(): AsyncGenerator<Page<Node>, void, undefined> {
    let page = await this.pageAfter();
    yield page;
    while (page.pageInfo.hasNextPage && page.pageInfo.endCursor !== null) {
      page = await this.pageAfter(page.pageInfo.endCursor);
      yield page;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Node, void, undefined> {
    for await (const page of this.pages()) yield* page.nodes;
  }
}
