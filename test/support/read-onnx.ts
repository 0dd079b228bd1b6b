// What a graph's bytes say: operators, and the type of every value in it. Field numbers are those of onnx.proto.

type Field = { readonly number: number; readonly value: number; readonly bytes: Uint8Array };

/** The fields of a protobuf message: numbers, or bytes of texts, lists and messages. */
const fieldsOf = (message: Uint8Array): Field[] => {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [number, wire] = [tag >> 3, tag & 7];
    const value = wire === 0 ? varint() : 0;
    const length = wire === 2 ? varint() : wire === 5 ? 4 : wire === 1 ? 8 : 0;
    fields.push({ number, value, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const texts = (fields: readonly Field[], number: number): string[] => fields.filter(f => f.number === number).map(f => text(f.bytes));
const messages = (fields: readonly Field[], number: number): Field[][] =>
  fields.filter(f => f.number === number).map(f => fieldsOf(f.bytes));
const numberOf = (fields: readonly Field[], number: number): number => fields.find(f => f.number === number)?.value ?? 0;

/** TensorProto.DataType. */
export const [FLOAT, INT64, HALF] = [1, 7, 10];

export type ReadNode = {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What it computes in: the type of its first operand. */
  readonly type: number | undefined;
};

/** Operators in order, the types of initializers, and those of inputs. Every operator but a cast and a size leaves what it takes. */
export const readOnnx = (model: Uint8Array) => {
  const [graph] = messages(fieldsOf(model), 7) as [Field[]];
  const initializers = new Map(messages(graph, 5).map(fields => [texts(fields, 8)[0]!, numberOf(fields, 2)]));
  const inputs = new Map(messages(graph, 11).map(fields => [texts(fields, 1)[0]!, numberOf(messages(messages(fields, 2)[0]!, 1)[0]!, 1)]));
  const types = new Map<string, number>([...inputs, ...initializers]);
  const nodes = messages(graph, 1).map((fields): ReadNode => {
    const [op = ''] = texts(fields, 4);
    const [name = ''] = texts(fields, 3);
    const [read, made] = [texts(fields, 1), texts(fields, 2)];
    const type = types.get(read[0] ?? '');
    const to = messages(fields, 5).find(attribute => texts(attribute, 1)[0] === 'to');
    const result = to ? numberOf(to, 3) : op === 'Shape' ? INT64 : type;
    if (result !== undefined) for (const output of made) types.set(output, result);
    return { op, name, inputs: read, outputs: made, type };
  });
  return { nodes, initializers, types };
};
