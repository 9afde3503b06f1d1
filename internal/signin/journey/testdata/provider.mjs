// A real OpenID provider for the tests: oidc-provider, which is certified by the
// OpenID Foundation, with its own development sign-in page. The people, their
// claims and the client come as JSON on the command line; it prints its issuer
// address once it listens.
import http from 'node:http';
import Provider from 'oidc-provider';

const setup = JSON.parse(process.argv[2]);
const server = http.createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: setup.client_id,
    client_secret: setup.client_secret,
    redirect_uris: [setup.redirect],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  pkce: { required: () => true },
  claims: { openid: ['sub', 'acr'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  acrValues: ['AAL3_ANY', 'AAL2_ANY'],
  // Entra ID puts claims into the ID token, others at the user-information
  // address only: both are tried.
  conformIdTokenClaims: setup.claims_at_userinfo_only,
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, ...(setup.people[id] ?? {}) }),
  }),
  cookies: { keys: ['a key of the tests'] },
});
server.on('request', provider.callback());
console.log(issuer);
process.stdin.on('end', () => process.exit(0)).resume();
