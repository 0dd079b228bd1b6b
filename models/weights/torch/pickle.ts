// Reads a pickle as data: a closed list of opcodes over a stack of plain values. Nothing is looked up, imported or called.
import { lookUp } from './globals.ts';
import { Global, Opaque, type Pickled, Storage, TensorClaim, TorchModule } from './values.ts';
import type { Fail } from './zip.ts';

const MARK = Symbol('mark');
const REFUSED = 'the pickle may hold a program and is not read further';

/** The opcodes of the list, by byte. The others (INST, OBJ, EXT1, REDUCE's kin, ...) are refused by their byte. */
const OPCODES: ReadonlyMap<number, (m: Machine) => void> = new Map<number, (m: Machine) => void>([
  [0x80, m => m.protocol(m.u8())], // PROTO
  [0x95, m => m.skip(8)], // FRAME
  [0x28, m => m.stack.push(MARK)], // MARK
  [0x30, m => m.pop()], // POP
  [0x31, m => m.toMark()], // POP_MARK
  [0x4e, m => m.push(null)], // NONE
  [0x88, m => m.push(true)], // NEWTRUE
  [0x89, m => m.push(false)], // NEWFALSE
  [0x4a, m => m.push(m.take(4).readInt32LE())], // BININT
  [0x4b, m => m.push(m.u8())], // BININT1
  [0x4d, m => m.push(m.take(2).readUInt16LE())], // BININT2
  [0x8a, m => m.push(long(m.take(m.u8())))], // LONG1
  [0x47, m => m.push(m.take(8).readDoubleBE())], // BINFLOAT
  [0x58, m => m.push(m.text(m.u32()))], // BINUNICODE
  [0x8c, m => m.push(m.text(m.u8()))], // SHORT_BINUNICODE
  [0x8d, m => m.push(m.text(m.u64()))], // BINUNICODE8
  [0x54, m => m.push(m.text(m.u32()))], // BINSTRING, of Python 2
  [0x55, m => m.push(m.text(m.u8()))], // SHORT_BINSTRING
  [0x42, m => m.push(m.take(m.u32()))], // BINBYTES
  [0x43, m => m.push(m.take(m.u8()))], // SHORT_BINBYTES
  [0x5d, m => m.push([])], // EMPTY_LIST
  [0x29, m => m.push([])], // EMPTY_TUPLE
  [0x8f, m => m.push([])], // EMPTY_SET
  [0x7d, m => m.push(new Map())], // EMPTY_DICT
  [0x74, m => m.push(m.toMark())], // TUPLE
  [0x6c, m => m.push(m.toMark())], // LIST
  [0x85, m => m.push(m.last(1))], // TUPLE1
  [0x86, m => m.push(m.last(2))], // TUPLE2
  [0x87, m => m.push(m.last(3))], // TUPLE3
  [0x61, m => m.append(m.last(1))], // APPEND
  [0x65, m => m.append(m.toMark())], // APPENDS
  [0x90, m => m.append(m.toMark())], // ADDITEMS
  [0x64, m => m.dictionary()], // DICT
  [0x73, m => m.setItems(m.last(2))], // SETITEM
  [0x75, m => m.setItems(m.toMark())], // SETITEMS
  [0x71, m => m.memo.set(m.u8(), m.top())], // BINPUT
  [0x72, m => m.memo.set(m.u32(), m.top())], // LONG_BINPUT
  [0x94, m => m.memo.set(m.memo.size, m.top())], // MEMOIZE
  [0x68, m => m.recall(m.u8())], // BINGET
  [0x6a, m => m.recall(m.u32())], // LONG_BINGET
  [0x63, m => m.global(m.line(), m.line())], // GLOBAL
  [0x93, m => m.stackGlobal()], // STACK_GLOBAL
  [0x51, m => m.storage()], // BINPERSID
  [0x52, m => m.reduce()], // REDUCE
  [0x81, m => m.reduce()], // NEWOBJ: a class called with its arguments
  [0x62, m => m.build()], // BUILD
]);

const STOP = 0x2e;
const NEWEST_PROTOCOL = 5;

/** A little-endian two's complement of any length. */
const long = (bytes: Buffer): number | bigint => {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  const signed = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
};

/** Thrown where the bytes end before the pickle does: a caller that has more of them tries again. */
export class PickleEnd extends Error {}

class Machine {
  readonly stack: (Pickled | typeof MARK)[] = [];
  readonly memo = new Map<number, Pickled>();
  at: number;
  /** Where the opcode that is at work began. */
  begin: number;
  readonly bytes: Buffer;
  readonly fail: Fail;

  constructor(bytes: Buffer, start: number, fail: Fail) {
    this.bytes = bytes;
    this.fail = fail;
    this.at = start;
    this.begin = start;
  }

  error(reason: string): Error {
    return this.fail(`byte ${this.begin} of the pickle ${reason}`);
  }

  take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new PickleEnd(`the pickle has no end: it stops inside byte ${this.begin}'s entry`);
    return this.bytes.subarray(this.at, (this.at += length));
  }
  skip(length: number): void {
    this.take(length);
  }
  u8 = (): number => this.take(1).readUInt8();
  u32 = (): number => this.take(4).readUInt32LE();
  u64 = (): number => {
    const value = this.take(8).readBigUInt64LE();
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
  };
  text = (length: number): string => this.take(length).toString('utf8');
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleEnd('the pickle has no end');
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  protocol(version: number): void {
    if (version > NEWEST_PROTOCOL) throw this.error(`is of protocol ${version}, which is not known`);
  }
  push(value: Pickled): void {
    this.stack.push(value);
  }
  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.error('takes a value that is not there');
    return value as Pickled;
  }
  top(): Pickled {
    const value = this.pop();
    this.push(value);
    return value;
  }
  last(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }
  toMark(): Pickled[] {
    const from = this.stack.lastIndexOf(MARK);
    if (from < 0) throw this.error('closes a list that was not opened');
    const values = this.stack.splice(from).slice(1);
    return values as Pickled[];
  }
  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.error(`recalls entry ${index}, which it never made`);
    this.push(value);
  }
  append(items: readonly Pickled[]): void {
    const list = this.top();
    if (list instanceof Opaque) return;
    if (!Array.isArray(list)) throw this.error('appends to what is no list');
    for (const item of items) list.push(item);
  }
  setItems(items: readonly Pickled[]): void {
    const map = this.top();
    if (map instanceof Opaque) return;
    if (!(map instanceof Map) || items.length % 2 === 1) throw this.error('sets items of what is no dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
  }
  dictionary(): void {
    const items = this.toMark();
    this.push(new Map());
    this.setItems(items);
  }

  global(module: string, name: string): void {
    const is = lookUp(module, name);
    if (!is) throw this.error(`asks for ${module}.${name}, which is not on the list of names that weights need; ${REFUSED}`);
    this.push(new Global(`${module}.${name}`, is));
  }
  stackGlobal(): void {
    const [module, name] = this.last(2);
    if (typeof module !== 'string' || typeof name !== 'string') throw this.error('asks for a name that is no text');
    this.global(module, name);
  }

  /** ('storage', class, key, device, count), and in older files where in another storage it lies. */
  storage(): void {
    const id = this.pop();
    const [word, type, key, , count, view = null] = Array.isArray(id) ? id : [];
    const dtype = type instanceof Global && 'dtype' in type.is ? type.is.dtype : undefined;
    if (word !== 'storage' || !dtype || typeof key !== 'string' || typeof count !== 'number' || view !== null)
      throw this.error('refers to something outside that is no plain storage');
    this.push(new Storage(dtype, key, count));
  }

  reduce(): void {
    const [callee, args] = this.last(2);
    if (!(callee instanceof Global) || !Array.isArray(args)) throw this.error(`calls what is no name of the list; ${REFUSED}`);
    this.push(this.apply(callee, args));
  }
  apply({ name, is }: Global, args: Pickled[]): Pickled {
    if (!('rule' in is)) throw this.error(`makes a ${name} of its own`);
    switch (is.rule) {
      case 'opaque':
        return new Opaque(name);
      case 'first':
        return args[0] ?? new Opaque(name);
      case 'list':
        return Array.isArray(args[0]) ? [...args[0]] : [];
      case 'dictionary':
        return new Map((Array.isArray(args[0]) ? args[0] : []).map(pair => (Array.isArray(pair) ? [pair[0]!, pair[1]!] : [pair, null])));
      case 'typed': {
        const [callee, , inner] = args;
        if (!(callee instanceof Global) || !Array.isArray(inner) || ('rule' in callee.is && callee.is.rule === 'typed'))
          throw this.error(`calls ${name} in a way that is not known`);
        return this.apply(callee, inner);
      }
      case 'module':
        if (args.length > 0) throw this.error(`calls ${name} in a way that is not known`);
        return new TorchModule();
      case 'tensor': {
        const [storage, offset = 0, size = null, stride = null] = args;
        if (!(storage instanceof Storage)) throw this.error('makes a tensor without a storage');
        return new TensorClaim(storage, offset, size, stride);
      }
    }
  }
  /** Attributes: those of a torch.nn object hold its tensors; of a dictionary (`_metadata`) and of what is opaque they do not matter. */
  build(): void {
    const attributes = this.pop();
    const target = this.top();
    if (target instanceof TorchModule) {
      if (!(attributes instanceof Map)) throw this.error('sets attributes that are no dictionary');
      target.attributes = attributes;
      return;
    }
    if (!(target instanceof Map || target instanceof Opaque || target instanceof TensorClaim))
      throw this.error('sets attributes of a plain value');
  }
}

/**
 * Reads one pickle that begins at `start`; `end` is the byte behind it. Time and memory grow with the bytes alone.
 * Throws through `fail` for an opcode or name that is not on the lists, with its name and offset; PickleEnd when `bytes` end first.
 */
export const readPickle = (bytes: Buffer, start: number, fail: Fail): { readonly value: Pickled; readonly end: number } => {
  const machine = new Machine(bytes, start, fail);
  for (;;) {
    machine.begin = machine.at;
    const code = machine.u8();
    if (code === STOP) return { value: machine.pop(), end: machine.at };
    const act = OPCODES.get(code);
    if (!act) throw machine.error(`uses opcode 0x${code.toString(16).padStart(2, '0')}, which weights do not need`);
    act(machine);
  }
};
