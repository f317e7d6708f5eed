import { startApiServer } from '../../../src/lab/api-server/server.ts';

// The API server on the listening socket that is descriptor 3, steered by messages: true refuses, false comes back.
const server = await startApiServer({ listen: { fd: 3 } });
process.on('message', (refuse: boolean) => {
  void server.faults.refuse(refuse).then(() => process.send?.('done'));
});
process.on('disconnect', () => void server.close());
process.send?.(server.url);
