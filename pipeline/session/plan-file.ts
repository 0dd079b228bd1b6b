// Plans that travel: a plan with its options as JSON, and back, where it is checked against what is open there.
import { isDeepStrictEqual } from 'node:util';
import { isObject, parseJson } from '../../config/json.ts';
import { OPTION_NAMES } from '../../config/layers.ts';
import { OPTIONS, type Options } from '../../config/options.ts';
import { artifactKey, type Identities } from '../graph/key.ts';
import { checkNodes, checkResults, PlanError, versionsOf } from '../graph/plan-check.ts';
import { STEPS } from '../steps/table.ts';
import type { ClipPlan } from '../strategies/strategy.ts';
import { CLIP_OPTIONS, PICTURES } from './leaves.ts';
import { OPENING } from './models.ts';
import type { Planned } from './planned.ts';

const FORMAT = 'rerender plan';
/** Of the file as a whole; steps have versions of their own. */
const VERSION = 1;

/** Two programs with the same read each other's plans: of the file's form and of every step. */
export const PLAN_VERSION = artifactKey(
  'plans',
  VERSION,
  Object.fromEntries(Object.values(STEPS).map(({ name, version }) => [name, version])),
).slice(-8);

/** A plan for a clip, the options that it was made with, and what its leaves are known by. */
export type PlannedClip = Planned & ClipPlan & { readonly options: Options & { readonly style: string }; readonly leaves: Identities };

/** The kind of device that a plan is drawn on, wherever it is planned: last bits of a picture differ between kinds. */
export const deviceOf = ({ leaves }: PlannedClip): string => (leaves.model as { readonly device?: string } | undefined)?.device ?? 'cpu';

/** A plan as the text of a file. */
export const writePlan = (planned: PlannedClip): string =>
  `${JSON.stringify({ format: FORMAT, version: VERSION, steps: versionsOf(planned.plan, STEPS), ...planned })}\n`;

/** Options that say where things lie and what runs them: those of the session that runs the plan hold. */
const PLACES: ReadonlySet<string> = new Set([...CLIP_OPTIONS, ...PICTURES, ...OPENING.filter(name => !name.startsWith('freeu'))]);

const isPart = (part: unknown): boolean => isObject(part) && Number.isInteger(part.first) && Number.isInteger(part.last);

/** JSON drops what is undefined; options have all their names. One that an earlier program had not holds as without it. */
const optionsIn = (values: Readonly<Record<string, unknown>>, here: Options): Options => {
  const unknown = Object.keys(values).find(name => !OPTION_NAMES.some(option => option === name));
  if (unknown !== undefined) throw new PlanError(`it has an option ${unknown}, which this program does not have.`);
  return Object.fromEntries(
    OPTION_NAMES.map(name => [name, PLACES.has(name) ? here[name] : (values[name] ?? OPTIONS[name].default)]),
  ) as unknown as Options;
};

const checkLeaves = (leaves: Identities, here: Identities): void => {
  const plain = JSON.parse(JSON.stringify(here)) as Identities;
  for (const [leaf, identity] of Object.entries(leaves)) {
    if (isDeepStrictEqual(identity, plain[leaf])) continue;
    throw new PlanError(
      `its ${leaf === 'footage' ? 'clip' : leaf} is not the one that is open here: ${difference(identity, plain[leaf])}.`,
    );
  }
};

/** The first field in which two identities differ. */
const difference = (a: unknown, b: unknown): string => {
  const [x, y] = [isObject(a) ? a : {}, isObject(b) ? b : {}];
  const name = [...Object.keys(x), ...Object.keys(y)].find(field => !isDeepStrictEqual(x[field], y[field]));
  return `${name ?? 'it'} is ${JSON.stringify(x[name ?? ''])} there and ${JSON.stringify(y[name ?? ''])} here`;
};

/**
 * Reads a plan that {@link writePlan} wrote.
 * @param here the options of the session, and what its leaves are known by under given options
 * @throws PlanError for a plan of another version, with unknown steps, or of another clip, model or device
 */
export const readPlan = async (
  text: string,
  here: { readonly options: Options; identities(planned: Planned): Promise<Identities> },
): Promise<PlannedClip> => {
  const file = parseJson(text, reason => new PlanError(`it ${reason}.`));
  if (!isObject(file) || file.format !== FORMAT) throw new PlanError('it is no plan of rerender.');
  if (file.version !== VERSION) throw new PlanError(`it is of version ${String(file.version)}, this program reads version ${VERSION}.`);
  const { format: _format, version: _version, assume: _assume, steps, options, plan, leaves, ...rest } = file;
  if (!isObject(steps) || !isObject(options) || !isObject(plan) || !isObject(leaves) || !Array.isArray(plan.nodes)) {
    throw new PlanError('it lacks its steps, options, nodes or leaves.');
  }
  const planned = { options: optionsIn(options, here.options), plan: checkNodes(plan.nodes, steps, STEPS) };
  const { keyframes = [], parts = [], only } = rest;
  if (!Array.isArray(keyframes) || !Array.isArray(parts)) throw new PlanError('it lacks its key frames or parts.');
  if (only !== undefined && !(Array.isArray(only) && only.every(isPart))) throw new PlanError('its only is no list of parts.');
  checkResults(planned.plan, STEPS, [...keyframes.map(key => key?.picture), ...parts.map(part => part?.pictures)]);
  checkLeaves(leaves, await here.identities(planned));
  return { ...(rest as Omit<ClipPlan, 'plan'>), ...planned, leaves } as PlannedClip;
};
