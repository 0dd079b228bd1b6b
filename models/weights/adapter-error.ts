import { RerenderError } from '../../config/errors.ts';

/** A LoRA or embedding file is damaged, of a kind that is not supported, or made for another model. */
export class AdapterError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('ADAPTER', 'failure', message, options);
  }
}
