// A plan with what it was made with.
import type { Options } from '../../config/options.ts';
import type { Identities } from '../graph/key.ts';
import type { Plan } from '../graph/plan.ts';

/** A plan and the options that it was made with. JSON. */
export type Planned = {
  readonly options: Options;
  readonly plan: Plan;
  /** What leaves are known by where the plan was made: these are not opened here, so nothing that uses them can be made. */
  readonly assume?: Identities;
};
