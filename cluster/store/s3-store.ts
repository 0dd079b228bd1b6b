// A store in a bucket of S3, or of a server that speaks its language, by the official client. Credentials, region and endpoint come from
// the client's own variables and files (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_S3, ~/.aws ...).
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { RerenderError, UsageError } from '../../config/errors.ts';
import { roomError } from '../../media/disk-error.ts';
import { partName } from '../../media/whole-file.ts';
import { DIGEST_BYTES, partDigest } from '../../pipeline/graph/store.ts';
import { loadS3, type S3Module } from '../packages.ts';
import { MARKER, type SharedStore, StoreError } from './store.ts';

/** Files of more bytes go in parts; each but the last has at least 5 MiB, and there are at most 10,000. */
const WHOLE = 64 * 2 ** 20;
const LEAST_PART = 16 * 2 ** 20;
const MOST_PARTS = 10_000;

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64');

const isAbsent = (error: unknown): boolean => ['NotFound', 'NoSuchKey'].includes((error as Error).name);
/** Somebody has put the same key before: the same bytes. */
const isThere = (error: unknown): boolean => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 412;

type Place = { readonly s3: S3Module; readonly client: S3Client; readonly Bucket: string; readonly prefix: string };

const get = async ({ s3, client, Bucket, prefix }: Place, key: string) =>
  client.send(new s3.GetObjectCommand({ Bucket, Key: prefix + key })).then(
    ({ Body }) => Body,
    error => {
      if (isAbsent(error)) return undefined;
      throw error;
    },
  );

const has = ({ s3, client, Bucket, prefix }: Place, key: string): Promise<boolean> =>
  client.send(new s3.HeadObjectCommand({ Bucket, Key: prefix + key })).then(
    () => true,
    error => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );

/**
 * Puts bytes under a key that has none. A part that was damaged is removed before it is made again, so what is there is whole.
 * @param anew in place of what is there
 */
const put = async ({ s3, client, Bucket, prefix }: Place, key: string, bytes: Uint8Array, anew = false): Promise<void> => {
  const about = { Bucket, Key: prefix + key, Body: bytes, ContentMD5: md5(bytes) };
  await client.send(new s3.PutObjectCommand({ ...about, ...(!anew && { IfNoneMatch: '*' }) })).catch(error => {
    if (!isThere(error)) throw error;
  });
};

const remove = async ({ s3, client, Bucket, prefix }: Place, key: string): Promise<void> => {
  await client.send(new s3.DeleteObjectCommand({ Bucket, Key: prefix + key }));
};

/** Puts a file in parts, each with its checksum; it appears when all are there. */
const putParts = async (
  { s3, client, Bucket, prefix }: Place,
  key: string,
  path: string,
  size: number,
  sent?: (bytes: number) => void,
): Promise<void> => {
  const about = { Bucket, Key: prefix + key };
  const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(about));
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(Math.max(LEAST_PART, Math.ceil(size / MOST_PARTS)));
    const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error(`${path} has become shorter`);
      const Body = buffer.subarray(0, bytesRead);
      const PartNumber = Parts.length + 1;
      const { ETag } = await client.send(new s3.UploadPartCommand({ ...about, UploadId, PartNumber, Body, ContentMD5: md5(Body) }));
      Parts.push({ ETag, PartNumber });
      at += bytesRead;
      sent?.(at);
    }
    await client.send(new s3.CompleteMultipartUploadCommand({ ...about, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    await client.send(new s3.AbortMultipartUploadCommand({ ...about, UploadId })).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
};

const putFile = async (place: Place, key: string, path: string, sent?: (bytes: number) => void): Promise<void> => {
  if (await has(place, key)) return;
  const { size } = await stat(path);
  if (size > WHOLE) return putParts(place, key, path, size, sent);
  const file = await open(path);
  try {
    await put(place, key, await file.readFile());
  } finally {
    await file.close();
  }
};

const getFile = async (place: Place, key: string, path: string): Promise<boolean> => {
  const body = await get(place, key);
  if (!body) return false;
  const partial = join(dirname(path), partName());
  try {
    await pipeline(body as Readable, createWriteStream(partial, { flags: 'wx' }));
    await rename(partial, path);
  } catch (cause) {
    throw await roomError(cause, dirname(path));
  } finally {
    await rm(partial, { force: true });
  }
  return true;
};

/** The id of the store under a prefix, which is made where nothing lies. @throws UsageError where other things do */
const idOf = async (place: Place, name: string): Promise<string> => {
  const read = async (): Promise<string | undefined> => {
    const body = await get(place, MARKER);
    return body && (JSON.parse(await body.transformToString()) as { id: string }).id;
  };
  const present = await read();
  if (present !== undefined) return present;
  const { s3, client, Bucket, prefix } = place;
  const { KeyCount = 0 } = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: 1 }));
  if (KeyCount > 0 && (await read()) === undefined) {
    throw new UsageError(`--store ${name}: it holds other objects and is no store: name an empty prefix.`);
  }
  await put(place, MARKER, Buffer.from(`${JSON.stringify({ format: 'rerender store', version: 1, id: randomUUID() })}\n`));
  return (await read())!;
};

const REASONS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket: make it',
  AccessDenied: 'access is denied: look at the rights of these credentials',
  CredentialsProviderError: 'there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials',
  ECONNREFUSED: 'nothing listens at its endpoint',
};

const asked = async <T>(name: string, work: Promise<T>): Promise<T> =>
  work.catch(cause => {
    if (cause instanceof RerenderError) throw cause;
    const { code, name: kind, message } = cause as NodeJS.ErrnoException;
    throw new StoreError(name, `${REASONS[kind] ?? REASONS[code ?? ''] ?? (message || kind)}.`, { cause });
  });

/** @param address `s3://BUCKET/PREFIX` */
export const openS3Store = async (address: string): Promise<SharedStore> => {
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(address) ?? [];
  if (bucket === undefined) throw new UsageError(`--store ${address}: write s3://BUCKET/PREFIX.`);
  const s3 = await loadS3();
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const elsewhere = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const client = new s3.S3Client({
    // Servers that are not Amazon's have neither names for buckets nor the newer checksums; every part has its own SHA-256, and an MD5.
    ...(elsewhere !== undefined && { forcePathStyle: true, region: AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1' }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const place: Place = { s3, client, Bucket: bucket, prefix: path === '' ? '' : `${path}/` };
  const partAt = (key: string): string => `parts/${key}`;
  const fileAt = (key: string): string => `files/${key}`;
  const id = await asked(address, idOf(place, address)).catch(error => {
    client.destroy();
    throw error;
  });
  const getPart = async (key: string): Promise<Uint8Array | undefined> => {
    const file = await (await get(place, partAt(key)))?.transformToByteArray();
    if (!file || file.length < DIGEST_BYTES) return undefined;
    const bytes = file.subarray(DIGEST_BYTES);
    if (partDigest(key, bytes).equals(file.subarray(0, DIGEST_BYTES))) return bytes;
    await remove(place, partAt(key)); // damaged
    return undefined;
  };
  const removePart = (key: string): Promise<void> => asked(address, remove(place, partAt(key)));
  return {
    name: address,
    id,
    parts: {
      has: key => asked(address, has(place, partAt(key))),
      get: key => asked(address, getPart(key)),
      put: (key, bytes) => {
        const part = Buffer.concat([partDigest(key, bytes), bytes]);
        return asked(address, put(place, partAt(key), part, key.startsWith('checkpoint-'))); // how far a step is changes
      },
      release: removePart,
      remove: removePart,
    },
    hasFile: key => asked(address, has(place, fileAt(key))),
    putFile: (key, from, sent) => asked(address, putFile(place, fileAt(key), from, sent)),
    getFile: (key, to) => asked(address, getFile(place, fileAt(key), to)),
    removeFile: key => asked(address, remove(place, fileAt(key))),
    close: async () => client.destroy(),
  };
};
