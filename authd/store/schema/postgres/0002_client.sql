-- What a registration says beyond the first day. Every empty or zero value means the usual thing (store_client.h).
ALTER TABLE client ADD COLUMN native bigint NOT NULL DEFAULT 0 CHECK (native IN (0, 1));
ALTER TABLE client ADD COLUMN jwks_uri text COLLATE "C";
ALTER TABLE client ADD COLUMN tls_certificates text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN secret_hash_old bytea;
ALTER TABLE client ADD COLUMN secret_old_until_us bigint;
ALTER TABLE client ADD COLUMN access_token_alg text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN userinfo_alg text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN assertion_alg text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN pairwise bigint NOT NULL DEFAULT 0 CHECK (pairwise IN (0, 1));
ALTER TABLE client ADD COLUMN backchannel_logout_uri text COLLATE "C";
ALTER TABLE client ADD COLUMN backchannel_session bigint NOT NULL DEFAULT 0 CHECK (backchannel_session IN (0, 1));
ALTER TABLE client ADD COLUMN tls_bound bigint NOT NULL DEFAULT 0 CHECK (tls_bound IN (0, 1));
ALTER TABLE client ADD COLUMN dpop_bound bigint NOT NULL DEFAULT 0 CHECK (dpop_bound IN (0, 1));
ALTER TABLE client ADD COLUMN par_required bigint NOT NULL DEFAULT 0 CHECK (par_required IN (0, 1));
ALTER TABLE client ADD COLUMN refresh_life_s bigint NOT NULL DEFAULT 0 CHECK (refresh_life_s >= 0);
ALTER TABLE client ADD COLUMN refresh_idle_s bigint NOT NULL DEFAULT 0 CHECK (refresh_idle_s >= 0);
