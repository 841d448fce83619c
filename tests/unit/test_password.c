/* test_password.c: which passwords are taken: long enough, hard to guess, of any characters. */
#include "tests/unit/authd_maker.h"

#include "authd/identity/password.h"

static const char *
fault(const char *password, const char *login)
{
	return password_fault(str_of(password), str_of(login));
}

#define TAKEN(password) cr_expect_null(fault(password, "anna"), "\"%s\": %s", password, fault(password, "anna"))
#define REFUSED(wanted, password, login)                                                                               \
	do {                                                                                                           \
		const char *got_ = fault(password, login);                                                             \
		cr_expect(got_ != NULL && strcmp(got_, wanted) == 0, "\"%s\" is %s, not %s", password,                 \
			  got_ != NULL ? got_ : "taken", wanted);                                                      \
	} while (0)

Test(password, a_good_one_needs_no_rules_of_composition)
{
	TAKEN("correct horse battery staple");
	TAKEN("qzvkfmwbxj");
	TAKEN("\xd1\x81\xd0\xb8\xd0\xbd\xd0\xb8\xd0\xb9 "
	      "\xd0\xba\xd1\x80\xd0\xbe\xd0\xba\xd0\xbe\xd0\xb4\xd0\xb8\xd0\xbb");
	TAKEN("  spaces are characters too  ");
	TAKEN("\xf0\x9f\x8d\x8b\xf0\x9f\xa6\x96\xf0\x9f\x9a\xb2\xf0\x9f\x8e\xbb\xf0\x9f\xa7\xad\xf0\x9f\xaa\x81\xf0\x9f"
	      "\xab\x96\xf0\x9f\xa7\xb5");
}

Test(password, less_than_eight_characters_are_too_few)
{
	REFUSED("password_short", "", "anna");
	REFUSED("password_short", "Zq7!kf2", "anna");
	/* Seven characters of two bytes each: characters count, not bytes. */
	REFUSED("password_short", "\xd1\x84\xd1\x8b\xd0\xb2\xd0\xb0\xd0\xbf\xd1\x80\xd0\xbe", "anna");
}

Test(password, what_everybody_tries_first_is_refused)
{
	static const char *const common[] = { "password",     "12345678", "qwertyuiop", "iloveyou",   "Password1",
					      "aaaaaaaaaaaa", "abcdefgh", "1234567890", "letmein123", "sunshine1" };

	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		REFUSED("password_guessable", common[i], "anna");
}

Test(password, words_of_this_place_and_person_make_none)
{
	REFUSED("password_guessable", "ombudombud", "anna");
	REFUSED("password_guessable", "kvzhwqpt", "kvzhwqpt");
	TAKEN("kvzhwqptxm");
}

Test(password, a_long_one_is_taken_whole_up_to_its_limit)
{
	static char text[PASSWORD_MOST + 2];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "correct horse battery staple; "[i % 30];
	cr_assert_null(password_fault(str_from(text, 64), STR("anna")));
	cr_assert_null(password_fault(str_from(text, 256), STR("anna")));
	cr_assert_null(password_fault(str_from(text, PASSWORD_MOST), STR("anna")));
	cr_assert_str_eq(password_fault(str_from(text, PASSWORD_MOST + 1), STR("anna")), "password_long");
}

Test(password, bytes_that_are_no_text_are_refused)
{
	REFUSED("password_not_text", "correct horse \xff battery", "anna");
	REFUSED("password_not_text", "correct horse \xc0\xaf battery", "anna");
	cr_assert_str_eq(password_fault(str_from("correct horse\0battery", 21), STR("anna")), "password_not_text");
}

Test(password, a_login_of_any_length_or_none_does_no_harm)
{
	static char login[5000];

	memset(login, 'x', sizeof(login));
	cr_assert_null(password_fault(STR("correct horse battery"), str_from(login, sizeof(login))));
	cr_assert_null(password_fault(STR("correct horse battery"), (struct str){ 0 }));
}

Test(password, over_its_limit_it_is_wrong_without_work)
{
	static char text[PASSWORD_MOST + 1];

	memset(text, 'x', sizeof(text));
	/* Nothing of authd is looked at. */
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(NULL, STR("sub_a"), str_from(text, sizeof(text)), STR("")));
	EXPECT_STATUS(E_TOO_LARGE, password_hash(NULL, STR("sub_a"), str_from(text, sizeof(text)), NULL));
}

/* ---- with authd-keyd ---- */

Test(password, it_is_verified_for_its_owner_and_nobody_else)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(buf_clear) struct buf phc = BUF(256);
	struct authd *a = &m->authd;

	EXPECT_OK(password_open(1, 1));
	EXPECT_OK(password_hash(a, STR("sub_a"), STR("correct horse"), &phc));
	cr_assert(str_starts(buf_str(&phc), STR("$argon2id$v=19$m=65536,t=3,p=1$")), "%.*s", (int)phc.n, phc.p);
	EXPECT_OK(password_verify(a, STR("sub_a"), STR("correct horse"), buf_str(&phc)));
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(a, STR("sub_a"), STR("correct horsE"), buf_str(&phc)));
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(a, STR("sub_a"), STR("correct horse "), buf_str(&phc)));
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(a, STR("sub_a"), STR(""), buf_str(&phc)));
	/* A verifier copied to another row fits nothing there. */
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(a, STR("sub_b"), STR("correct horse"), buf_str(&phc)));
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(a, STR(""), STR("correct horse"), STR("")));
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(a, STR("sub_a"), STR("correct horse"), STR("$argon2id$")));
	password_close();
}

Test(password, without_the_pepper_there_is_no_answer)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(buf_clear) struct buf phc = BUF(256);

	EXPECT_OK(password_open(1, 1));
	EXPECT_OK(password_hash(&m->authd, STR("sub_a"), STR("correct horse"), &phc));
	authd_maker_stop(m);
	EXPECT_STATUS(E_UNAVAILABLE, password_verify(&m->authd, STR("sub_a"), STR("correct horse"), buf_str(&phc)));
	password_close();
}

static atomic_bool enough;

static void *
keep_busy(void *arg)
{
	struct authd_maker *m = arg;
	enum status st UNUSED;

	while (!atomic_load(&enough))
		st = password_verify(&m->authd, STR("sub_a"), STR("x"), STR(""));
	return NULL;
}

/* M15: a worker that waits for a hash is one that nobody else has. */
Test(password, whoever_finds_no_place_is_sent_away_at_once)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	enum status st = OK;
	pthread_t other;

	EXPECT_OK(password_open(1, 0));
	pthread_create(&other, NULL, keep_busy, m);
	for (int i = 0; i < 50 && st != E_BUSY; i++)
		st = password_verify(&m->authd, STR("sub_b"), STR("x"), STR(""));
	atomic_store(&enough, true);
	pthread_join(other, NULL);
	EXPECT_STATUS(E_BUSY, st);
	EXPECT_STATUS(E_UNAUTHENTICATED, password_verify(&m->authd, STR("sub_b"), STR("x"), STR("")));
	password_close();
}
