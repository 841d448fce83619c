"""A relying party and a resource server on Authlib and requests, as Debian has them.

Reads one line of JSON (issuer, ca, client_id, jwk, redirect_uri), prints the address that the person has to open, reads the address
that the person came back to, and prints what it has found out. authlib_client.test.mjs runs it.
"""
import json
import sys
import time

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.common.security import generate_token
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata


class Assertion(PrivateKeyJWT):
    """Authlib's own lives for an hour and repeats its jti once it is given any claims; here each is new and short.
    The audience is the issuer: that is what is handed over as `token_endpoint`."""

    def sign(self, auth, token_endpoint):
        self.claims = {'jti': generate_token(36), 'exp': int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


def say(value):
    print(json.dumps(value), flush=True)


def expect(name, value):
    return {name: {'essential': True, 'value': value}}


def fetch(url, setup):
    answer = requests.get(url, verify=setup['ca'], timeout=15)
    answer.raise_for_status()
    return answer.json()


def check_metadata(setup):
    document = fetch(setup['issuer'] + '/.well-known/openid-configuration', setup)
    OpenIDProviderMetadata(document).validate()
    plain = fetch(setup['issuer'] + '/.well-known/oauth-authorization-server', setup)
    AuthorizationServerMetadata(plain).validate()
    return document


def new_session(setup, scope, metadata):
    session = OAuth2Session(setup['client_id'], JsonWebKey.import_key(setup['jwk']), scope=scope, redirect_uri=setup['redirect_uri'], code_challenge_method='S256',
                            token_endpoint_auth_method='private_key_jwt', revocation_endpoint_auth_method='private_key_jwt')
    session.verify = setup['ca']
    session.register_client_auth_method(Assertion(metadata['issuer'], alg='ES256'))
    return session


def check_id_token(token, keys, setup, nonce, access_token):
    claims = JsonWebToken(['RS256']).decode(token, keys, claims_cls=CodeIDToken,
                                            claims_options={**expect('iss', setup['issuer']), **expect('aud', setup['client_id'])},
                                            claims_params={'nonce': nonce, 'client_id': setup['client_id'], 'access_token': access_token})
    claims.validate(leeway=5)
    return claims


def check_access_token(token, keys, setup):
    claims = JsonWebToken(['ES256']).decode(token, keys, claims_options={
        **expect('iss', setup['issuer']), **expect('aud', setup['issuer']), **expect('client_id', setup['client_id'])})
    claims.validate(leeway=5)
    return {'typ': claims.header['typ'], 'claims': dict(claims)}


def main():
    setup = json.loads(sys.stdin.readline())
    metadata = check_metadata(setup)
    verifier, nonce = generate_token(64), generate_token(20)
    session = new_session(setup, 'openid profile offline_access', metadata)
    url, state = session.create_authorization_url(metadata['authorization_endpoint'], nonce=nonce, code_verifier=verifier)
    assert create_s256_code_challenge(verifier) in url
    say({'url': url})
    back = sys.stdin.readline().strip()

    token = dict(session.fetch_token(metadata['token_endpoint'], authorization_response=back, state=state, code_verifier=verifier))
    keys = JsonWebKey.import_key_set(fetch(metadata['jwks_uri'], setup))
    id_token = check_id_token(token['id_token'], keys, setup, nonce, token['access_token'])
    access = check_access_token(token['access_token'], keys, setup)
    userinfo = session.get(metadata['userinfo_endpoint'])
    userinfo.raise_for_status()
    renewed = session.refresh_token(metadata['token_endpoint'], refresh_token=token['refresh_token'])
    renewed_access = check_access_token(renewed['access_token'], keys, setup)
    session.revoke_token(metadata['revocation_endpoint'], token=token['refresh_token'], token_type_hint='refresh_token').raise_for_status()
    after = session.get(metadata['userinfo_endpoint'])

    own = new_session(setup, 'access:evaluate', metadata)
    service = dict(own.fetch_token(metadata['token_endpoint'], grant_type='client_credentials'))
    say({'id_token': dict(id_token), 'access': access, 'userinfo': userinfo.json(), 'renewed': renewed_access['claims'], 'after_revocation': after.status_code,
         'service': check_access_token(service['access_token'], keys, setup)})


main()
