import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { generateClient } from '../generate/generate-client.js';

describe('the generated client', () => {
  it('is the one that schema.graphql gives; run vitest with -u to write it anew', async () => {
    const schema = await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');
    const { types, operations } = generateClient(schema);
    await expect(types).toMatchFileSnapshot('../src/client/schema.generated.ts');
    await expect(operations).toMatchFileSnapshot('../src/client/operations.generated.ts');
  });
});

describe('a generated client', () => {
  const { types, operations } = generateClient(`
    type Query { book(id: ID!): Book  books(first: Int! = 50, after: String): BookConnection!  shelves: [Shelf!]! }
    type Mutation { "Adds one." addBook(input: BookInput!): BookPayload!  removeBook(id: ID!): ID! }
    type Book { id: ID!  title: String  pages: Int!  author: Author  shelf: Shelf!  reviews: [Review!]!  editions(first: Int! = 9): BookConnection!
      "Needs the scope admin: secrets." notes: String }
    type Author { id: ID!  name: String!  books: [Book!]! }
    type Shelf { id: ID! }
    type Review { stars: Int!  by: Author }
    type BookPayload { book: Book  warnings: [String!]! }
    type BookConnection { nodes: [Book!]!  pageInfo: PageInfo! }
    type PageInfo { hasNextPage: Boolean!  endCursor: String }
    input BookInput { title: String!  pages: Int! = 1  tags: [String!]  genre: Genre }
    enum Genre { NOVEL CRIME }
  `);

  it('asks for an entity in full, with summaries of those that it names, and without what is paged or for admins', () => {
    expect(operations).toContain(
      `'query($id:ID!){book(id:$id){id title pages author{id name} shelf{id} reviews{stars by{id name books{id title pages author{id} shelf{id}}}}}}'`,
    );
  });

  it('asks for summaries in lists, and for what is needed to go on', () => {
    expect(operations).toContain(
      'query($first:Int!=50 $after:String){books(first:$first after:$after){nodes{id title pages author{id} shelf{id}} pageInfo{hasNextPage endCursor}}}',
    );
  });

  it('has types for what is answered and for what is given', () => {
    expect(types).toContain("export type Genre =\n  | 'NOVEL'\n  | 'CRIME';");
    expect(types).toContain(
      'export interface BookSummary {\n  readonly id: string;\n  readonly title: string | null;\n  readonly pages: number;\n  readonly author: { readonly id: string } | null;',
    );
    expect(types).toContain('readonly reviews: readonly Review[];');
    expect(types).toMatch(
      /interface BookInput \{\n {2}readonly title: string;\n {2}readonly pages\?: number \| undefined;\n {2}readonly tags\?: readonly string\[\] \| null \| undefined;/,
    );
    expect(types).not.toMatch(/notes|editions|BookConnection/);
  });

  it('has a method for each operation, with its documentation', () => {
    expect(types).toContain('book(args: { readonly id: string }): Promise<Book | null>;');
    expect(types).toContain(
      'books(args?: { readonly first?: number | undefined; readonly after?: string | null | undefined }): Paged<BookSummary>;',
    );
    expect(types).toContain('  /** Adds one. */\n  addBook(input: BookInput): Promise<BookPayload>;');
    expect(types).toContain('shelves(): Promise<readonly Shelf[]>;');
    expect(types).toContain('removeBook(args: { readonly id: string }): Promise<string>;');
  });
});
