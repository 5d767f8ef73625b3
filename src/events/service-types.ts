import type { EntityManager } from '@mikro-orm/postgresql';

/** Inside the service, `ctx.write` hands over MikroORM's entity manager, in its transaction. */
declare module '@renewal-ledger/sdk' {
  interface ServiceTypes {
    entityManager: EntityManager;
  }
}
