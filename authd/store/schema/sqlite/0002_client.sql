-- What a registration says beyond the first day. Every empty or zero value means the usual thing (store_client.h).
ALTER TABLE client ADD COLUMN native INTEGER NOT NULL DEFAULT 0 CHECK (native IN (0, 1));
ALTER TABLE client ADD COLUMN jwks_uri TEXT;
ALTER TABLE client ADD COLUMN tls_certificates TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN secret_hash_old BLOB;
ALTER TABLE client ADD COLUMN secret_old_until_us INTEGER;
ALTER TABLE client ADD COLUMN access_token_alg TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN userinfo_alg TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN assertion_alg TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN pairwise INTEGER NOT NULL DEFAULT 0 CHECK (pairwise IN (0, 1));
ALTER TABLE client ADD COLUMN backchannel_logout_uri TEXT;
ALTER TABLE client ADD COLUMN backchannel_session INTEGER NOT NULL DEFAULT 0 CHECK (backchannel_session IN (0, 1));
ALTER TABLE client ADD COLUMN tls_bound INTEGER NOT NULL DEFAULT 0 CHECK (tls_bound IN (0, 1));
ALTER TABLE client ADD COLUMN dpop_bound INTEGER NOT NULL DEFAULT 0 CHECK (dpop_bound IN (0, 1));
ALTER TABLE client ADD COLUMN par_required INTEGER NOT NULL DEFAULT 0 CHECK (par_required IN (0, 1));
ALTER TABLE client ADD COLUMN refresh_life_s INTEGER NOT NULL DEFAULT 0 CHECK (refresh_life_s >= 0);
ALTER TABLE client ADD COLUMN refresh_idle_s INTEGER NOT NULL DEFAULT 0 CHECK (refresh_idle_s >= 0);
