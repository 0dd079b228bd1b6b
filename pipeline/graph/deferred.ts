// A promise that others settle: Promise.withResolvers, which Node 20 lacks.

export type Deferred = { readonly promise: Promise<void>; resolve(): void; reject(reason: unknown): void };

export const deferred = (): Deferred => {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};
