// What a button does, with what goes wrong told on the page.
import { Failed } from './client.ts';
import { trouble } from './store.ts';

export const attempt = (work: () => Promise<unknown>) => (): void => {
  trouble.value = undefined;
  void work().catch(error => {
    trouble.value = error instanceof Failed ? error.message : 'That did not work: reload the page.';
  });
};
