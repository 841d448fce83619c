#include "auditlog/daemon/writer.h"

#include <inttypes.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"

/* How often the writer looks up when nothing comes. */
#define IDLE_US (SECOND_US / 4)
/* Between two attempts to get out of a fault. */
#define RETRY_US (SECOND_US / 4)

static struct entry_fact
text_fact(const char *name, const char *text)
{
	return (struct entry_fact){ .name = str_of(name), .text = str_of(text) };
}

static struct entry_fact
number_fact(const char *name, uint64_t number)
{
	return (struct entry_fact){ .name = str_of(name), .number = number };
}

/* One attempt to be back in order. E_CORRUPT: there is no way back. */
static enum status
recover_once(struct writer *w, enum status fault, int64_t since_us)
{
	struct entry_fact facts[] = { text_fact("kind", status_name(fault)), number_fact("lasted_us", 0) };
	struct tip known, found = { 0 };

	if (fault == E_LIMITED) {
		TRY(wal_reserve(w->wal));
	} else {
		sequence_tip(w->sequence, &known);
		TRY(w->recover(w->recover_ctx, &known, &found));
		sequence_restart(w->sequence, &found);
		TRY(sequence_own(w->sequence, ENTRY_LOG_FAULT, facts, 1));
	}
	facts[1].number = (uint64_t)(clock_mono_us() - since_us);
	return sequence_own(w->sequence, ENTRY_LOG_RECOVERED, facts, ARRAY_LEN(facts));
}

/* With a full disk nothing was written and nothing needs reading: a short entry still fits into what segments keep for
 * it. */
static enum status
note_full_disk(struct writer *w)
{
	struct entry_fact kind = text_fact("kind", status_name(E_LIMITED));
	enum status st = sequence_own(w->sequence, ENTRY_LOG_FAULT, &kind, 1);

	return st == OK ? E_LIMITED : st;
}

static void
stop_taking(struct writer *w, enum status fault)
{
	log_error(fault, "log.fault", "size=%" PRIu64, progress_size(w->progress));
	(void)progress_trouble(w->progress, PROGRESS_WRITER,
			       fault == E_LIMITED ? "no space for another segment: appends are refused"
						  : "the log cannot be written: appends are refused");
	batch_refuse(w->queue, true);
}

static void
take_again(struct writer *w)
{
	(void)progress_trouble(w->progress, PROGRESS_WRITER, NULL);
	batch_refuse(w->queue, false);
	log_info("log.recovered", "size=%" PRIu64, progress_size(w->progress));
}

/*
 * Rule R4. Nobody gets a receipt from here until the log has been read again from the disk and found whole; nothing is
 * flushed a second time. OK when all is well again; E_CORRUPT when it never will be; the fault when the queue was
 * closed.
 */
static enum status
endure_fault(struct writer *w, enum status fault)
{
	int64_t since_us = clock_mono_us();
	enum status st;

	stop_taking(w, fault);
	if (fault == E_LIMITED)
		fault = note_full_disk(w);
	do {
		sequence_refuse_waiting(w->sequence);
		progress_pause(w->progress, clock_mono_us() + RETRY_US);
		if (batch_closed(w->queue))
			return fault;
		st = recover_once(w, fault, since_us);
		if (st == E_CORRUPT)
			return E_CORRUPT;
		/* No space on the way out of another fault does not make it a harmless one. */
		if (st != OK && st != E_LIMITED)
			fault = st;
	} while (st != OK);
	take_again(w);
	return OK;
}

/* The next segment is made while nobody waits for it. Not getting it is no fault yet: the present one still has room.
 */
static void
make_ahead(struct writer *w)
{
	int64_t now_us = clock_mono_us();
	enum status st;

	if (now_us < w->reserve_at_us)
		return;
	st = wal_reserve(w->wal);
	if (st != OK)
		w->reserve_at_us = now_us + RETRY_US;
	if (progress_trouble(w->progress, PROGRESS_SPACE, st == OK ? NULL : "no space for the next segment") &&
	    st != OK)
		log_warn(st, "log.space", "what=\"no space for the next segment\"");
}

enum status
writer_run(struct writer *w)
{
	struct entry_fact version = text_fact("version", OMBUD_VERSION);
	enum status st = sequence_own(w->sequence, ENTRY_LOG_STARTED, &version, 1);

	while (st != E_END) {
		if (st != OK && st != E_TIMEOUT)
			st = endure_fault(w, st);
		if (st != OK && st != E_TIMEOUT)
			break;
		make_ahead(w);
		st = sequence_batch(w->sequence, clock_mono_us() + IDLE_US);
	}
	if (st == E_END)
		st = sequence_own(w->sequence, ENTRY_LOG_STOPPED, NULL, 0);
	sequence_refuse_waiting(w->sequence);
	return st;
}
