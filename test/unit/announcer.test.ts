import { HandlerMap } from '@renewal-ledger/sdk';
import { describe, expect, it } from 'vitest';
import { createAnnouncer } from '../../src/events/announcer.js';
import type { JobSender } from '../../src/events/jobs.js';

const jobs: JobSender = {
  wakeEvents: async () => undefined,
  sendDeliveries: async () => undefined,
  sendSignal: async () => undefined,
};
const maps = () => [new HandlerMap(), new HandlerMap().on('renewal.paid', () => undefined)];

describe('an event that the ledger raises', () => {
  it('is born PENDING where a handler takes its type', () => {
    expect(createAnnouncer(jobs, maps()).routeOf('renewal.paid')).toEqual({ state: 'PENDING', ignoredBecause: null });
  });

  it('is born IGNORED, with the reason, where none does', () => {
    const route = { state: 'IGNORED', ignoredBecause: 'No handler takes events of this type.' };
    expect(createAnnouncer(jobs, maps()).routeOf('renewal.linked')).toEqual(route);
  });

  it('is born PENDING in a process that does not know what the workers handle', () => {
    expect(createAnnouncer(jobs, null).routeOf('renewal.linked').state).toBe('PENDING');
  });
});
