// A graph as text, one line an operator: for inline snapshots and for reading what a block became.
import { showDims } from './dims.ts';
import type { Graph } from './graph.ts';

/** `conv1.Conv = Conv(sample, conv1.weight, conv1.bias) strides=[1, 1] -> [batch, 8, height, width]`. */
export const printGraph = (g: Graph): string =>
  g.calls
    .map(({ op, inputs, outputs, attributes }) => {
      const settings = Object.entries(attributes).map(([key, value]) => {
        const shown = Array.isArray(value) ? `[${value.join(', ')}]` : typeof value === 'object' && 'float' in value ? value.float : value;
        return ` ${key}=${shown}`;
      });
      const operands = inputs.map(input => input?.name ?? '_').join(', ');
      const results = outputs.map(output => output.name).join(', ');
      return `${results} = ${op}(${operands})${settings.join('')} -> ${showDims(outputs[0]?.dims ?? [])}`;
    })
    .join('\n');
