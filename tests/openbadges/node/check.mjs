// Checks signed documents with Digital Bazaar's libraries, and nobody else's. Each line that comes in is JSON: a
// `document`, and `known`, what is found at which address; nothing is fetched. What comes of each is a line, too.
import {createInterface} from 'node:readline';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as vc from '@digitalbazaar/vc';

// Keys of others are found in the documents of their issuers, by what follows the hash sign.
function lookUp(known, address) {
  if (known[address]) return known[address];
  const methods = known[address.split('#')[0]]?.verificationMethod ?? [];
  const found = methods.find(method => method.id === address);
  if (!found) throw new Error(`nobody knows ${address}`);
  return {'@context': 'https://w3id.org/security/multikey/v1', ...found};
}

for await (const line of createInterface({input: process.stdin})) {
  const {document, known} = JSON.parse(line);
  const documentLoader = async address => (
    {contextUrl: null, documentUrl: address, document: lookUp(known, address)}
  );
  const suite = new DataIntegrityProof({cryptosuite});
  const {verified, error} = await vc.verifyCredential({credential: document, suite, documentLoader,
    checkStatus: async () => ({verified: true})});
  const why = error ? [error.message, ...(error.errors ?? []).map(each => each.message)].join(': ') : '';
  console.log(JSON.stringify({verified, why}));
}
