/* test_principal.c: what somebody is, asked by whole words; and the name under which entries show them. */
#include <stdio.h>

#include "authd/identity/principal.h"
#include "tests/unit/expect.h"

static struct principal
service(const char *name)
{
	struct principal who = {
		.kind = PRINCIPAL_SERVICE, .client_id = "app-1", .scope = "openid consent:request", .role_count = 2
	};

	(void)snprintf(who.service, sizeof(who.service), "%s", name);
	(void)snprintf(who.roles[0], sizeof(who.roles[0]), "intake-officer");
	(void)snprintf(who.roles[1], sizeof(who.roles[1]), "auditor");
	return who;
}

Test(principal, a_scope_is_a_whole_word)
{
	struct principal who = service("svc");

	cr_assert(principal_has_scope(&who, "openid"));
	cr_assert(principal_has_scope(&who, "consent:request"));
	cr_assert_not(principal_has_scope(&who, "consent"));
	cr_assert_not(principal_has_scope(&who, "consent:reques"));
	cr_assert_not(principal_has_scope(&who, "OPENID"));
	cr_assert_not(principal_has_scope(&who, "admin"));
	cr_assert_not(principal_has_scope(&who, "openid consent:request"));
}

Test(principal, nobody_has_no_scope_and_no_role)
{
	const struct principal who = { 0 };

	cr_assert_not(principal_has_scope(&who, "openid"));
	cr_assert_not(principal_has_scope(&who, "admin"));
	cr_assert_not(principal_has_role(&who, "auditor"));
	cr_assert_not(principal_has_role(&who, ""));
}

Test(principal, a_role_is_one_of_those_counted)
{
	struct principal who = service("svc");

	cr_assert(principal_has_role(&who, "intake-officer"));
	cr_assert(principal_has_role(&who, "auditor"));
	cr_assert_not(principal_has_role(&who, "intake"));
	cr_assert_not(principal_has_role(&who, "Auditor"));
	who.role_count = 1;
	cr_assert_not(principal_has_role(&who, "auditor"), "what stands behind the count is nobody's");
}

Test(principal, entries_name_the_service_or_else_the_client)
{
	struct principal who = service("svc_benefits");

	EXPECT_STR(STR("svc_benefits"), principal_service(&who));
	who.kind = PRINCIPAL_TOKEN;
	EXPECT_STR(STR("svc_benefits"), principal_service(&who));
	who = service("");
	EXPECT_STR(STR("app-1"), principal_service(&who));
	who.kind = PRINCIPAL_PERSON;
	EXPECT_STR(STR("portal"), principal_service(&who));
	who.kind = PRINCIPAL_ADMIN;
	EXPECT_STR(STR("admin"), principal_service(&who));
	who.kind = PRINCIPAL_NOBODY;
	EXPECT_STR(STR("authd"), principal_service(&who));
}

Test(principal, after_clearing_nothing_is_left)
{
	struct principal who = service("svc");

	who.wrapped = BUF(64);
	buf_put_cstr(&who.wrapped, "key");
	principal_clear(&who);
	cr_assert_eq(who.kind, PRINCIPAL_NOBODY);
	cr_assert_eq(who.role_count, 0);
	cr_assert_eq(who.scope[0], '\0');
	cr_assert_null(who.wrapped.p);
	principal_clear(&who);
}
