import { describe, expect, test } from 'vitest';
import { demandOf, isTransient } from '../../../pipeline/graph/demand.ts';
import type { NodeRef } from '../../../pipeline/graph/ref.ts';
import type { Step } from '../../../pipeline/graph/step.ts';
import { plans, STEPS } from './toy.ts';

/** Two drawings, the later reading what the earlier left through a word, and a text of both. */
const planned = () => {
  const { plan, word, draw, join } = plans();
  const a = draw('a', { words: [word('x')] });
  const b = draw('b', { words: [word('y', a.text)], trace: a.trace });
  return { plan, a, b, both: join('both', [a.text, b.text]), other: join('other', [b.text]) };
};

type Asked = { readonly there?: readonly NodeRef[]; readonly forced?: (step: Step) => boolean };

/** What has to run: the nodes with the outputs that are asked for, and what each waits for. */
const demanded = async (
  wanted: (plan: ReturnType<typeof planned>) => NodeRef[],
  found: (plan: ReturnType<typeof planned>) => Asked = () => ({}),
) => {
  const plan = planned();
  const { there = [], forced } = found(plan);
  const asked: NodeRef[] = [];
  const has = async (ref: NodeRef): Promise<boolean> => {
    asked.push(ref);
    return there.some(({ node, output }) => node === ref.node && output === ref.output);
  };
  const { nodes, before } = await demandOf(plan.plan, wanted(plan), { steps: STEPS, has, ...(forced && { forced }) });
  return {
    nodes: Object.fromEntries([...nodes].map(([{ id }, outputs]) => [id, [...outputs].sort()])),
    order: [...nodes.keys()].map(({ id }) => id),
    before: Object.fromEntries([...before].map(([{ id }, nodes]) => [id, [...new Set(nodes.map(({ id }) => id))].sort()])),
    asked: asked.map(({ node, output }) => `${node} ${output}`),
  };
};

describe('demand', () => {
  test('with nothing there, everything that leads to what is wanted runs, in the order of the plan', async () => {
    const { nodes, order, before } = await demanded(({ both }) => [both]);
    expect(nodes).toEqual({ a: ['text', 'trace'], b: ['text'], both: ['text'] });
    expect(order).toEqual(['a', 'b', 'both']);
    expect(before).toEqual({ a: [], b: ['a'], both: ['a', 'b'] });
  });

  test('a node in memory is no node of its own: its reader waits for what it reads', async () => {
    const { plan } = planned();
    expect(plan.nodes.filter(node => isTransient(STEPS, node)).map(({ id }) => id)).toEqual(['x', 'y']);
    const { before, asked } = await demanded(
      ({ b }) => [b.text],
      ({ a }) => ({ there: [a.trace] }),
    );
    expect(before).toEqual({ a: [], b: ['a'] }); // a's text through y alone
    expect(asked.filter(ref => /^[xy] /.test(ref))).toEqual([]);
  });

  test('what is there is not made, and what only leads to it is not looked for', async () => {
    const { nodes, asked } = await demanded(
      ({ both }) => [both],
      ({ a, b }) => ({ there: [a.text, b.text] }),
    );
    expect(nodes).toEqual({ both: ['text'] });
    expect(asked.sort()).toEqual(['a text', 'b text', 'both text']);
    expect(
      (
        await demanded(
          ({ both }) => [both],
          ({ both }) => ({ there: [both] }),
        )
      ).nodes,
    ).toEqual({});
  });

  test('of a node whose one output is there and the other is not, that other is asked for', async () => {
    const { nodes } = await demanded(
      ({ b }) => [b.text],
      ({ a }) => ({ there: [a.text] }),
    );
    expect(nodes).toEqual({ a: ['trace'], b: ['text'] });
  });

  test('a forced step runs although its outputs are there, where it leads to what is wanted', async () => {
    const there = ({ a, b, both, other }: ReturnType<typeof planned>) => [a.text, a.trace, b.text, both, other];
    const forcing = (name: string) => (plan: ReturnType<typeof planned>) => ({
      there: there(plan),
      forced: (step: Step) => step.name === name,
    });
    expect((await demanded(({ both }) => [both], forcing('join'))).nodes).toEqual({ both: ['text'] });
    expect((await demanded(({ b }) => [b.text], forcing('draw'))).nodes).toEqual({ a: ['text', 'trace'], b: ['text'] });
    const all = await demanded(
      ({ both }) => [both],
      plan => ({ there: there(plan), forced: () => true }),
    );
    expect(all.nodes).toEqual({ a: ['text', 'trace'], b: ['text'], both: ['text'] });
  });

  test('what is wanted may be several outputs, also of one node', async () => {
    const { nodes } = await demanded(
      ({ a, other }) => [a.trace, a.text, other],
      ({ b }) => ({ there: [b.text] }),
    );
    expect(nodes).toEqual({ a: ['text', 'trace'], other: ['text'] });
  });

  test('a node that the plan does not have is refused', async () => {
    await expect(demanded(() => [{ node: 'nobody', output: 'text' }])).rejects.toThrow('the plan has no node nobody');
  });
});
