/*
 * keys.h: what authd may ask of authd-keyd, and the messages that carry it (auditlog/base/msg.h).
 *
 * Keys never come out: authd-keyd signs, wraps, seals, opens and checks. Every call here either yields the fiber it
 * runs in or blocks the worker thread it runs on, for at most KEYS_DEADLINE_US. Besides what each call says, any of
 * them ends with E_UNAVAILABLE (no authd-keyd, or the connection broke), E_TIMEOUT (no answer in time), E_BUSY (too
 * many requests wait) or E_INVALID (an argument over its limit): fail closed on each.
 *
 * Blobs (a wrapped person key, sealed details, fields, TOTP seeds) are base64url text without padding, fit for a TEXT
 * column or a JSON string. Each is bound to its place by associated data: moved to another row or entry it does not
 * open (E_CORRUPT).
 */
#ifndef AUTHD_KEYS_KEYS_H
#define AUTHD_KEYS_KEYS_H

#include <stdint.h>

#include "auditlog/base/buf.h"
#include "auditlog/base/secret.h"

struct receipt; /* auditlog/client/append.h */
struct keys;

#define KEYS_DEADLINE_US  INT64_C(1500000)
#define KEYS_CLAIMS_MAX   ((size_t)5 << 10)  /* claims of one token, so that the token stays below 8 KiB */
#define KEYS_FRAGMENT_MAX ((size_t)15 << 10) /* as auditlogd takes it */
#define KEYS_PLAIN_MAX    ((size_t)8 << 10)  /* details of one entry */
#define KEYS_FIELD_MAX    ((size_t)32 << 10) /* one database field */
#define KEYS_SUB_MAX      ((size_t)128)      /* a person's id */
#define KEYS_BLOB_MAX     ((size_t)48 << 10)
#define KEYS_TAG_LEN      22 /* characters of tag and ctag */

/* Connects lazily and reconnects by itself; keys_up() tells. */
MUST_USE enum status keys_open(const char *socket_path, struct keys **out);
void keys_close(struct keys *k);
bool keys_up(struct keys *k);
/* How many requests this process has sent; for /metrics. */
uint64_t keys_requests(void);

/*
 * The public keys as a JWK Set (RFC 7517): ES256 and RS256, `kid` = RFC 7638 thumbprint, `use` "sig", `alg`. Published,
 * active and verify-only keys are in it, nothing private ever is.
 */
MUST_USE enum status keys_jwks(struct keys *k, struct buf *json);

/* ---- signing: nothing is signed that was not logged ---- */

/*
 * What is signed for whom. authd-keyd refuses (E_DENIED) unless the receipt's MAC holds over exactly this fragment and
 * the row of the use is met:
 *
 *   use              typ               event                          decision          bound to the entry
 *   ACCESS_TOKEN     at+jwt            token.issued, token.refreshed  absent or permit  client_id = by.service
 *   TICKET           ombud-ticket+jwt  access.decided                 permit            client_id = by.service
 *   ID_TOKEN         JWT               token.issued, token.refreshed  absent or permit  aud = by.service
 *   LOGOUT_TOKEN     logout+jwt        auth.logout_sent               absent or permit  aud = by.service
 *   USERINFO         JWT               profile.read                   absent or permit  aud = by.service
 *
 * The name without an algorithm is the usual one: ES256 for access tokens and tickets, RS256 for the others; keys_use()
 * finds the one that a client is registered for. Uses of one kind share their replay memory. A ticket also has
 * log.index = the receipt's index, and purpose, categories, action and case exactly as the entry has them (absent where
 * it has none).
 *
 * Always: `jti` = the entry's id, `iss` = the configured issuer, `sub` a string, `iat` within 60 s of authd-keyd's
 * clock, 0 < exp - iat <= 900 s (ID tokens 3600 s). One entry gives one content per use: asked again with the same
 * claims it signs again, with other claims E_CONFLICT.
 *
 * The entry's id must be a fresh uuid_new(): at most 30 s old and not older than authd-keyd itself, whose memory of
 * what it signed begins at its start. Outside of that E_UNAVAILABLE: log anew and ask again.
 */
enum keys_use {
	KEYS_ACCESS_TOKEN = 1,
	KEYS_TICKET,
	KEYS_ID_TOKEN,
	KEYS_ID_TOKEN_ES256,
	KEYS_ID_TOKEN_PS256,
	KEYS_ACCESS_TOKEN_RS256,
	KEYS_ACCESS_TOKEN_PS256,
	KEYS_LOGOUT_TOKEN,
	KEYS_LOGOUT_TOKEN_ES256,
	KEYS_LOGOUT_TOKEN_PS256,
	KEYS_USERINFO,
	KEYS_USERINFO_ES256,
	KEYS_USERINFO_PS256,
	KEYS_USES_END
};

enum keys_kind { KEYS_KIND_ACCESS, KEYS_KIND_ID, KEYS_KIND_LOGOUT, KEYS_KIND_USERINFO };

/* The use of a kind in an algorithm ("RS256", "ES256", "PS256"; "" is the usual one). 0 for any other. */
enum keys_use keys_use(enum keys_kind kind, struct str alg);

/*
 * Signs claims (the text of one JSON object, at most KEYS_CLAIMS_MAX) and appends the compact JWS to *jws. fragment is
 * the entry's text as it was appended to the log, receipt what auditlogd answered.
 */
MUST_USE enum status keys_sign(struct keys *k, enum keys_use use, struct str claims, struct str fragment,
			       const struct receipt *receipt, struct buf *jws);

/* ---- rotation (keyring_rotate.h) ---- */

/*
 * A new signing key for the algorithm ("ES256", "RS256", "PS256"), published now, active when every cache of the JWK
 * Set that lasts cache_s has learnt it. fragment is a fresh entry key.rotated with the fact `alg`, receipt what
 * auditlogd answered: no rotation that is not in the log, and one for one entry. OK: the key is being made, keys_list()
 * shows it within seconds. E_CONFLICT: one is on its way already.
 */
MUST_USE enum status
keys_rotate(struct keys *k, struct str alg, uint32_t cache_s, struct str fragment, const struct receipt *receipt);
/* {"keys":[{"kid","alg","state","until"}]}: of every key that is read; until in seconds since 1970, 0 = no end. */
MUST_USE enum status keys_list(struct keys *k, struct buf *json);

/* ---- people ---- */

/* A new random K_s for the person, wrapped by the KEK and bound to sub. Erasing the person is deleting this text. */
MUST_USE enum status keys_person_new(struct keys *k, struct str sub, struct buf *wrapped);

/* One person as the calls below need them: sub and the wrapped key from the database. */
struct keys_person {
	struct str sub;
	struct str wrapped;
};

/*
 * For one entry: the person's tag of the month ("2026-11") and the sealed details. event_id is the entry's id as text,
 * aad the entry's fragment from `"id":` up to, not including, `,"about":`. plaintext is at most KEYS_PLAIN_MAX.
 */
MUST_USE enum status keys_seal(struct keys *k, const struct keys_person *who, struct str event_id, struct str month,
			       struct str aad, struct str plaintext, struct buf *tag, struct buf *sealed);
/* Only tags: of the month, and (unless consent_id is empty) of a consent record. authd may keep both in memory. */
MUST_USE enum status keys_tags(struct keys *k, const struct keys_person *who, struct str month, struct str consent_id,
			       struct buf *tag, struct buf *ctag);
/* What keys_seal sealed. E_CORRUPT when person, id, aad or text are not those of the sealing. */
MUST_USE enum status keys_open_sealed(struct keys *k, const struct keys_person *who, struct str event_id,
				      struct str aad, struct str sealed, struct buf *plaintext);

/* ---- database fields ---- */

/* Where a field stands: bound to it, so a value copied into another row or column does not open. */
struct keys_place {
	struct str table;
	struct str column;
	struct str key; /* primary key as text */
};

/*
 * Under the person's K_s when who is given (profile data: gone with the person's key), else under a key of the table
 * and column derived from the KEK. At most KEYS_FIELD_MAX bytes.
 */
MUST_USE enum status keys_field_seal(struct keys *k, const struct keys_person *who, const struct keys_place *place,
				     struct str plaintext, struct buf *sealed);
MUST_USE enum status keys_field_open(struct keys *k, const struct keys_person *who, const struct keys_place *place,
				     struct str sealed, struct buf *plaintext);

/* ---- TOTP: SHA-1, 6 digits, 30 s ---- */

/*
 * A new 160-bit seed for the person: sealed for the database, and once as base32 for the person's device. It is never
 * shown again.
 */
MUST_USE enum status keys_totp_new(struct keys *k, struct str sub, struct buf *sealed, struct secret *base32);
/* Seals a seed that exists already (office enrolment, demonstration): 16 to 64 bytes, base32 upper case, no padding. */
MUST_USE enum status keys_totp_import(struct keys *k, struct str sub, struct str base32, struct buf *sealed);
/*
 * Checks a code against authd-keyd's own clock, one step of 30 s to either side. OK: *step is the accepted step, always
 * greater than last_step (-1 = none yet); the caller stores it with a compare-and-set. E_UNAUTHENTICATED: wrong, used,
 * or not exactly six digits.
 */
MUST_USE enum status
keys_totp_check(struct keys *k, struct str sub, struct str sealed, struct str code, int64_t last_step, int64_t *step);

/* ---- numbered one-time codes on paper: RFC 4226, 8 digits ---- */

#define KEYS_HOTP_MOST   100 /* codes of one list */
#define KEYS_HOTP_DIGITS 8
/*
 * A new list of `count` codes for the person: its seed sealed for the database, and once the codes themselves,
 * KEYS_HOTP_DIGITS digits each, one behind the other. They are never shown again.
 */
MUST_USE enum status
keys_hotp_new(struct keys *k, struct str sub, uint32_t count, struct buf *sealed, struct secret *codes);
/* OK when code is number `number` (from 1) of this list, and E_UNAUTHENTICATED for any other. That each number serves
 * once is the caller's row. */
MUST_USE enum status
keys_hotp_check(struct keys *k, struct str sub, struct str sealed, struct str code, uint32_t number);

/* ---- the pepper ---- */

#define KEYS_PEPPER_LEN 32
/*
 * HMAC-SHA256 of data (at most 1 KiB) under the pepper: what a password hash is closed with, or a value that only this
 * installation can make. Data begins with a label of its use, so that no use can stand in for another.
 */
MUST_USE enum status keys_pepper(struct keys *k, struct str data, uint8_t out[KEYS_PEPPER_LEN]);

/* ---- the messages ---- */

/*
 * Request payloads in order; `block` is u32 length and bytes. The reply has the type KEYS_MSG_OK and the payload named
 * behind the arrow, or is MSG_TYPE_ERROR.
 */
enum keys_message {
	KEYS_MSG_OK = 0x0300,
	KEYS_MSG_JWKS,        /* nothing -> JSON */
	KEYS_MSG_SIGN,        /* u8 use, u64 index, 32 leaf, 32 mac, block fragment, block claims -> JWS */
	KEYS_MSG_PERSON_NEW,  /* block sub -> wrapped */
	KEYS_MSG_SEAL,        /* block sub, wrapped, event id, month, aad, plaintext -> block tag, block sealed */
	KEYS_MSG_TAGS,        /* block sub, wrapped, month, consent id -> block tag, block ctag */
	KEYS_MSG_OPEN,        /* block sub, wrapped, event id, aad, sealed -> plaintext */
	KEYS_MSG_FIELD_SEAL,  /* block sub, wrapped, table, column, key, plaintext -> sealed */
	KEYS_MSG_FIELD_OPEN,  /* block sub, wrapped, table, column, key, sealed -> plaintext */
	KEYS_MSG_TOTP_NEW,    /* block sub -> block sealed, block base32 */
	KEYS_MSG_TOTP_IMPORT, /* block sub, base32 -> sealed */
	KEYS_MSG_TOTP_CHECK,  /* block sub, sealed, code, u64 last step + 1 -> u64 step */
	KEYS_MSG_PEPPER,      /* block data -> 32 bytes */
	KEYS_MSG_ROTATE,      /* u32 cache_s, u64 index, 32 leaf, 32 mac, block fragment, block alg -> nothing */
	KEYS_MSG_LIST,        /* nothing -> JSON */
	KEYS_MSG_HOTP_NEW,    /* u32 count, block sub -> block sealed, block codes */
	KEYS_MSG_HOTP_CHECK,  /* u32 number, block sub, sealed, code -> nothing */
	KEYS_MSG_END
};

#endif
