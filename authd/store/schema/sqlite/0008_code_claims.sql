-- Nothing reads it: what the claims parameter may add is a scope by the time there is a code.
ALTER TABLE code DROP COLUMN claims;
