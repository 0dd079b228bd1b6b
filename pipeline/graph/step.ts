// A step, declared once: what it is called, which options it reads, what it uses, what goes in and what comes out.
// Keys, plans, the runner, `--force`, `--stop-after` and the table of what an option redoes follow from the declaration.
import type { OptionName, Options } from '../../config/options.ts';
import type { Port, Series } from './port.ts';
import type { Ref } from './ref.ts';

/** What a step occupies while it runs. */
export type Resource = 'inference' | 'cpu';

/**
 * How long an output is kept.
 * - `cache`: in the store, for later runs, too
 * - `run`: in the store; one that goes with the run holds it until the result that it is a part of is complete. Where a limit of bytes
 *   has to be kept, it does not push out what is dearer to make
 * - `readers`: in the store, until the last step of the plan that reads it is done
 * - `memory`: not in the store; at hand for a while, then made again where it is needed
 */
export type Keep = 'cache' | 'run' | 'readers' | 'memory';

export type Output<T = unknown> = {
  readonly port: Port<T>;
  readonly keep: Keep;
  /** Options that this output alone depends on. */
  readonly reads?: readonly OptionName[];
};

type Arity = 'one' | 'maybe' | 'many';
export type Input<T = unknown, A extends Arity = Arity> = { readonly port: Port<T>; readonly arity: A };

export const one = <T>(port: Port<T>): Input<T, 'one'> => ({ port, arity: 'one' });
/** May be absent. */
export const maybe = <T>(port: Port<T>): Input<T, 'maybe'> => ({ port, arity: 'maybe' });
export const many = <T>(port: Port<T>): Input<T, 'many'> => ({ port, arity: 'many' });

export type Inputs = Readonly<Record<string, Input>>;
export type Outputs = Readonly<Record<string, Output>>;
/** Whatever JSON can hold. */
export type Params = Readonly<Record<string, unknown>>;

/** The type of a step's parameters, for the type checker alone. */
export type ParamsType<P> = { readonly type?: P };
export const params = <P extends Params = Record<never, never>>(): ParamsType<P> => ({});

type ByArity<A, T> = A extends 'one' ? T : A extends 'maybe' ? T | undefined : readonly T[];
/** What `run` receives of the inputs. */
export type ValuesOf<I extends Inputs> = { readonly [K in keyof I]: I[K] extends Input<infer T, infer A> ? ByArity<A, T> : never };
/** What a plan says of the inputs: whose outputs they are. */
export type RefsOf<I extends Inputs> = { readonly [K in keyof I]: I[K] extends Input<infer T, infer A> ? ByArity<A, Ref<T>> : never };
/** What stands for the outputs in a plan. */
export type OutputRefs<O extends Outputs> = { readonly [K in keyof O]: O[K] extends Output<infer T> ? Ref<T> : never };

type IsSeries<T> = T extends Series<unknown> ? true : false;
type ResultsOf<O extends Outputs> = {
  readonly [K in keyof O as O[K] extends Output<infer T> ? (IsSeries<T> extends true ? never : K) : never]: O[K] extends Output<infer T>
    ? T
    : never;
};
/** For each series the place to write its parts to; absent where nobody reads it. */
type WritersOf<O extends Outputs> = {
  readonly [K in keyof O as O[K] extends Output<infer T> ? (IsSeries<T> extends true ? K : never) : never]?: O[K] extends Output<
    Series<infer P>
  >
    ? (part: number, value: P) => Promise<void>
    : never;
};

/** The options that outputs read beside those of their step. */
type FurtherReads<O extends Outputs> = { [K in keyof O]: O[K] extends { readonly reads: readonly (infer N)[] } ? N : never }[keyof O];

/** Where a step that takes minutes leaves what it has, and finds it when it is begun again. */
export type Checkpoint = { load(): Promise<Uint8Array | undefined>; save(bytes: Uint8Array): Promise<void> };

/** What a step tells while it runs: units done of those that its node is worth; a picture of how far it is, made when somebody asks. */
export type Progress = (done: number, total?: number, look?: () => Promise<unknown>) => void;

export type Call<P, I extends Inputs, O extends Outputs, R extends OptionName, U, A = unknown> = {
  readonly params: P;
  readonly inputs: ValuesOf<I>;
  readonly options: Pick<Options, R | Extract<FurtherReads<O>, OptionName>>;
  readonly use: U;
  readonly write: WritersOf<O>;
  readonly progress: Progress;
  readonly checkpoint: Checkpoint;
  readonly signal: AbortSignal;
  /** What was made ahead, where anything was. */
  readonly ahead: A | undefined;
};

/** What can be had of a node before all that it reads is there. */
export type Ahead<P, I extends Inputs, R extends OptionName, U, A> = {
  /** The inputs that are read as soon as they can be. */
  readonly needs: readonly (keyof I & string)[];
  /** That takes no place of those that run: it is little beside what the node itself takes. */
  readonly beside?: boolean;
  /** What is made of them. */
  run?(call: {
    readonly params: P;
    /** Those in `needs`. */
    readonly inputs: Partial<ValuesOf<I>>;
    readonly options: Pick<Options, R>;
    readonly use: U;
    readonly signal: AbortSignal;
  }): Promise<A>;
};

/** A step as declared; `Held` is what a session holds for steps. */
export type StepOf<Held, P extends Params, I extends Inputs, O extends Outputs, R extends OptionName, U extends keyof Held, A = unknown> = {
  /** Small letters and hyphens: it names files of the store. */
  readonly name: string;
  /** Raised when the step makes something else of the same inputs: what earlier versions made is then made again. */
  readonly version: number;
  /** The stage of the run that it belongs to: what is shown, and what `--force` and `--stop-after` name. Absent for preparations. */
  readonly stage?: 'shots' | 'keyframes' | 'propagate' | 'windows' | 'pictures';
  readonly resource: Resource;
  readonly reads: readonly R[];
  /** What it uses of the session. The identities of these are part of its key. */
  readonly uses: readonly U[];
  /** What tells one node of the step from another. */
  readonly params: ParamsType<P>;
  readonly inputs: I;
  readonly outputs: O;
  readonly ahead?: Ahead<P, I, R, Pick<Held, U>, A>;
  run(call: Call<P, I, O, R, Pick<Held, U>, A>): Promise<ResultsOf<O>>;
};

/** A step of whatever declaration, as the graph handles it. */
export type Step = Omit<StepOf<Record<string, unknown>, Params, Inputs, Outputs, OptionName, string>, 'run' | 'ahead'> & {
  readonly ahead?: { readonly needs: readonly string[]; readonly beside?: boolean; run?(call: never): Promise<unknown> };
  run(call: never): Promise<Readonly<Record<string, unknown>>>;
};

export type StepTable = Readonly<Record<string, Step>>;

const NAME = /^[a-z]+(-[a-z]+)*$/;

/** Checks what types do not say. */
export const checkStep = ({ name, outputs }: Step): void => {
  if (!NAME.test(name)) throw new Error(`a step may not be called ${name}`);
  for (const [output, { port, keep }] of Object.entries(outputs)) {
    if (keep !== 'memory' && !port.pack) throw new Error(`${name}: ${output} has no bytes and cannot be kept as ${keep}`);
  }
};

/** The maker of steps over what a session holds: gives each declaration its types. */
export const stepsOver =
  <Held>() =>
  <P extends Params, I extends Inputs, O extends Outputs, R extends OptionName, U extends keyof Held, A>(
    declaration: StepOf<Held, P, I, O, R, U, A>,
  ): StepOf<Held, P, I, O, R, U, A> => {
    checkStep(declaration as unknown as Step);
    return declaration;
  };
