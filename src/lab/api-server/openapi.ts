export interface SchemaDocument {
  readonly contentType: string;
  readonly body: string | Buffer;
}

const protobuf = 'application/octet-stream';

/** The OpenAPI document at a path, or `undefined`. */
export function openApiDocument(path: string, accept: string): SchemaDocument | undefined {
  if (path === '/openapi/v2') {
    if (accept.includes('protobuf')) return { contentType: protobuf, body: '' };
    const document = {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: 'v1.33.0' },
      paths: {},
      definitions: {},
    };
    return { contentType: 'application/json', body: JSON.stringify(document) };
  }
  if (path === '/openapi/v3') return { contentType: 'application/json', body: JSON.stringify({ paths: {} }) };
  return undefined;
}
