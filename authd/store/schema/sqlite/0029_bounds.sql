-- What people and services may leave behind is bounded, and what ended is swept: proposals that were never activated with
-- their bundles, messages that were read long ago, contracts that came to nothing.
CREATE INDEX policy_proposal_kept ON policy_proposal (author, expires_us) WHERE state <> 'activated';
CREATE INDEX policy_proposal_bundle ON policy_proposal (sha256);
CREATE INDEX policy_bundle_added ON policy_bundle (added_us, sha256);
CREATE INDEX policy_activation_bundle ON policy_activation (sha256);
CREATE INDEX inbox_was_read ON inbox (read_us) WHERE read_us IS NOT NULL;
CREATE INDEX contract_declined ON contract (answered_us) WHERE state = 'declined';
CREATE INDEX contract_unanswered ON contract (until_us) WHERE state = 'proposed';
