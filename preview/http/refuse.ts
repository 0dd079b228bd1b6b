// A request that is not served: a status of 4xx or 503, and a sentence for whoever sent it.
import { RerenderError } from '../../config/errors.ts';

export class Refused extends RerenderError {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super('REFUSED', 'usage', sentence);
    this.status = status;
  }
}
