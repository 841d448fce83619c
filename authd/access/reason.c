#include "authd/access/reason.h"

/*
 * Short sentences, no blame, and what to do next. The operator's words never say more about the person than the reason
 * does; consent_missing is worded so that it also fits a person whom nobody knows.
 */
static const struct {
	const char *name;
	bool permits;
	struct words for_operator;
	struct words for_person;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { "none",
			  false,
			  { { "Решения нет.", "There is no decision." } },
			  { { "Решения нет.", "There is no decision." } } },
	[REASON_CONSENT_VALID] = { "consent_valid",
				   true,
				   { { "Человек дал согласие.", "The person has given consent." } },
				   { { "Вы дали на это согласие.", "You gave your consent to this." } } },
	[REASON_STATUTE] = { "statute",
			     true,
			     { { "Смотреть эти данные разрешает закон.", "A law allows looking at this data." } },
			     { { "Это разрешает закон. Согласие для этого не нужно.",
				 "A law allows this. It does not need your consent." } } },
	[REASON_CONTRACT] = { "contract",
			      true,
			      { { "Данные нужны для договора с человеком.",
				  "The data is needed for a contract with the person." } },
			      { { "Это нужно для договора, который вы заключили.",
				  "This is needed for a contract that you made." } } },
	[REASON_VITAL_INTEREST] = { "vital_interest",
				    true,
				    { { "Речь идёт о жизни или здоровье человека.",
					"The person's life or health is at stake." } },
				    { { "Речь шла о жизни или здоровье.",
					"Somebody's life or health was at stake." } } },
	[REASON_BREAK_GLASS] = { "break_glass",
				 true,
				 { { "Экстренный доступ. Человек и ответственный за защиту данных уже знают о нём. Его "
				     "проверят.",
				     "Emergency access. The person and the privacy officer have been told. It will be "
				     "reviewed." } },
				 { { "Это был экстренный доступ. Ответственный за защиту данных проверит, был ли он "
				     "нужен.",
				     "This was an emergency access. The privacy officer will check whether it was "
				     "needed." } } },
	[REASON_CONSENT_MISSING] = { "consent_missing",
				     false,
				     { { "Согласия нет. Вы можете попросить о нём.",
					 "There is no consent. You can ask for it." } },
				     { { "Вы не давали на это согласия, поэтому мы отказали.",
					 "You had not given consent to this, so we refused." } } },
	[REASON_CONSENT_EXPIRED] = { "consent_expired",
				     false,
				     { { "Срок согласия закончился. Вы можете попросить о новом.",
					 "The consent has ended. You can ask for a new one." } },
				     { { "Срок вашего согласия закончился, поэтому мы отказали.",
					 "Your consent had ended, so we refused." } } },
	[REASON_CONSENT_WITHDRAWN] = { "consent_withdrawn",
				       false,
				       { { "Согласие отозвано. Смотреть эти данные нельзя.",
					   "The consent was withdrawn. You may not look at this data." } },
				       { { "Вы отозвали согласие, поэтому мы отказали.",
					   "You had withdrawn your consent, so we refused." } } },
	[REASON_CONSENT_SCOPE] = { "consent_scope",
				   false,
				   { { "Согласие есть, но на другие данные или для другой редакции цели. Попросите о "
				       "новом.",
				       "There is a consent, but for other data or for another version of the purpose. "
				       "Ask for a new one." } },
				   { { "Ваше согласие этого не охватывает, поэтому мы отказали.",
				       "Your consent does not cover this, so we refused." } } },
	[REASON_LIMIT_FREQUENCY] = { "limit_frequency",
				     false,
				     { { "За этот период данные уже запрашивали столько раз, сколько разрешено.",
					 "The data has been asked for as often as this period allows." } },
				     { { "За этот период ваши данные уже смотрели столько раз, сколько разрешено, "
					 "поэтому мы отказали.",
					 "Your data had been looked at as often as the period allows, so we "
					 "refused." } } },
	[REASON_LIMIT_RANGE] = { "limit_range",
				 false,
				 { { "Данные за этот период смотреть нельзя. Укажите период внутри разрешённого.",
				     "Data of this period may not be looked at. Name a period inside the one that is "
				     "allowed." } },
				 { { "Запрошен период, на который нет разрешения, поэтому мы отказали.",
				     "They asked for a period that is not allowed, so we refused." } } },
	[REASON_PURPOSE_NOT_DECLARED] = { "purpose_not_declared",
					  false,
					  { { "У вашей службы нет такой цели.",
					      "Your service has not declared this purpose." } },
					  { { "Эта служба не вправе спрашивать данные с такой целью, поэтому мы "
					      "отказали.",
					      "This service may not ask for data for this purpose, so we "
					      "refused." } } },
	[REASON_CATEGORY_NOT_IN_PURPOSE] = { "category_not_in_purpose",
					     false,
					     { { "Для этой цели такие данные не нужны.",
						 "This purpose does not need such data." } },
					     { { "Для этой цели такие данные не нужны, поэтому мы отказали.",
						 "Such data is not needed for this purpose, so we refused." } } },
	[REASON_ROLE_MISSING] = { "role_missing",
				  false,
				  { { "Ваша роль этого не разрешает.", "Your role does not allow this." } },
				  { { "Роль сотрудника этого не разрешает, поэтому мы отказали.",
				      "The official's role does not allow this, so we refused." } } },
	[REASON_SOD_CONFLICT] = { "sod_conflict",
				  false,
				  { { "Эти обязанности нельзя выполнять вместе. Передайте дело другому сотруднику.",
				      "These duties may not be combined. Hand the case to somebody else." } },
				  { { "Этот сотрудник не вправе вести это дело, поэтому мы отказали.",
				      "This official may not handle this case, so we refused." } } },
	[REASON_SERVICE_SUSPENDED] = { "service_suspended",
				       false,
				       { { "Доступ вашей службы приостановлен.", "Your service is suspended." } },
				       { { "Доступ этой службы приостановлен, поэтому мы отказали.",
					   "This service is suspended, so we refused." } } },
	[REASON_ACR_TOO_LOW] = { "acr_too_low",
				 false,
				 { { "Войдите более надёжным способом и повторите.",
				     "Sign in in a stronger way and try again." } },
				 { { "Сотрудник вошёл недостаточно надёжным способом, поэтому мы отказали.",
				     "The official had not signed in strongly enough, so we refused." } } },
	[REASON_OBJECTION] = { "objection",
			       false,
			       { { "Человек возразил против этого.", "The person has objected to this." } },
			       { { "Вы возразили против этого, поэтому мы отказали.",
				   "You had objected to this, so we refused." } } },
	[REASON_RESTRICTED_PERSON] = { "restricted_person",
				       false,
				       { { "Обработка данных этого человека ограничена.",
					   "Work on this person's data is restricted." } },
				       { { "Обработка ваших данных ограничена, поэтому мы отказали.",
					   "Work on your data is restricted, so we refused." } } },
	[REASON_REPRESENTATIVE_INVALID] = { "representative_invalid",
					    false,
					    { { "Полномочия представителя больше не действуют. Попросите о новом "
						"согласии.",
						"The representative's authority no longer holds. Ask for a new "
						"consent." } },
					    { { "Полномочия вашего представителя больше не действуют, поэтому мы "
						"отказали.",
						"Your representative's authority no longer holds, so we refused." } } },
	[REASON_LOG_UNAVAILABLE] = { "log_unavailable",
				     false,
				     { { "Сейчас записать обращение в журнал нельзя, а без записи мы ничего не выдаём. "
					 "Повторите позже.",
					 "The request cannot be recorded now, and nothing is released without a "
					 "record. Try again later." } },
				     { { "Журнал был недоступен, поэтому мы отказали.",
					 "The log could not be written, so we refused." } } },
};

static unsigned
row(enum reason r)
{
	return (unsigned)r < REASON_COUNT ? (unsigned)r : REASON_NONE;
}

const char *
reason_name(enum reason r)
{
	return reasons[row(r)].name;
}

enum status
reason_parse(struct str name, enum reason *out)
{
	for (unsigned i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		if (str_is(name, reasons[i].name)) {
			*out = (enum reason)i;
			return OK;
		}
	}
	return E_NOT_FOUND;
}

bool
reason_permits(enum reason r)
{
	return reasons[row(r)].permits;
}

const char *
reason_for_operator(enum reason r, enum words_lang lang)
{
	return reasons[row(r)].for_operator.in[lang];
}

const char *
reason_for_person(enum reason r, enum words_lang lang)
{
	return reasons[row(r)].for_person.in[lang];
}
