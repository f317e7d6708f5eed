export interface SchemaDocument {
  readonly contentType: string;
  readonly body: string;
}

/**
 * The OpenAPI document at a path, or `undefined`. The documents are empty: kubectl then knows no kind, leaves validation
 * to the server (`fieldValidation=Strict`) and takes the merge keys that it was built with.
 */
export function openApiDocument(path: string, accept: string): SchemaDocument | undefined {
  if (path === '/openapi/v2') {
    // No bytes are an empty protobuf document. Its own media type has an @, which clients cannot parse in an answer.
    if (accept.includes('protobuf')) return { contentType: 'application/octet-stream', body: '' };
    const info = { title: 'Kubernetes', version: 'v1.33.0' };
    return {
      contentType: 'application/json',
      body: JSON.stringify({ swagger: '2.0', info, paths: {}, definitions: {} }),
    };
  }
  if (path === '/openapi/v3') return { contentType: 'application/json', body: JSON.stringify({ paths: {} }) };
  return undefined;
}
