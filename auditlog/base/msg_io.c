#include "auditlog/base/msg_io.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define READ_STEP ((size_t)64 << 10)
/* What the length field counts besides the payload: type and id. */
#define COUNTED_HEAD (MSG_HEADER_LEN - 4)
#define WRITE_PARTS  16

enum status
msg_io_address(const char *path, struct sockaddr_un *out)
{
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(out->sun_path))
		return E_TOO_LARGE;
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(out->sun_path, path, n + 1);
	return OK;
}

enum status
msg_io_read(int fd, struct evbuffer *in)
{
	struct evbuffer_iovec room;
	ssize_t n;

	/* Not evbuffer_read(): it asks the socket for its fill level first, one system call more per read. */
	if (evbuffer_reserve_space(in, READ_STEP, &room, 1) != 1)
		return E_NOMEM;
	do
		n = recv(fd, room.iov_base, room.iov_len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return E_END;
	if (n < 0)
		return errno == EAGAIN ? E_BUSY : E_IO;
	room.iov_len = (size_t)n;
	return evbuffer_commit_space(in, &room, 1) == 0 ? OK : E_NOMEM;
}

/* One sendmsg of what the first parts of out hold. */
static ssize_t
send_some(int fd, struct evbuffer *out)
{
	struct evbuffer_iovec part[WRITE_PARTS];
	struct iovec iov[WRITE_PARTS];
	struct msghdr m = { .msg_iov = iov };
	int parts = evbuffer_peek(out, -1, NULL, part, WRITE_PARTS);
	ssize_t n;

	if (parts > WRITE_PARTS)
		parts = WRITE_PARTS;
	for (int i = 0; i < parts; i++)
		iov[i] = (struct iovec){ part[i].iov_base, part[i].iov_len };
	m.msg_iovlen = (size_t)parts;
	do
		n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n;
}

enum status
msg_io_write(int fd, struct evbuffer *out)
{
	while (evbuffer_get_length(out) > 0) {
		ssize_t n = send_some(fd, out);

		if (n < 0)
			return errno == EAGAIN ? E_BUSY : E_IO;
		if (evbuffer_drain(out, (size_t)n) != 0)
			return E_IO;
	}
	return OK;
}

enum status
msg_io_peek(struct evbuffer *in, struct msg_io_head *head)
{
	char bytes[MSG_HEADER_LEN] = { 0 };
	struct str rest = str_from(bytes, sizeof(bytes));
	uint32_t length;

	if (evbuffer_copyout(in, bytes, sizeof(bytes)) != (ev_ssize_t)sizeof(bytes))
		return E_END;
	TRY(buf_get_u32(&rest, &length));
	TRY(buf_get_u16(&rest, &head->type));
	TRY(buf_get_u64(&rest, &head->id));
	if (length < COUNTED_HEAD || length - COUNTED_HEAD > MSG_PAYLOAD_MAX)
		return E_INVALID;
	head->payload = length - COUNTED_HEAD;
	return OK;
}

enum status
msg_io_payload(struct evbuffer *in, const struct msg_io_head *head, struct str *payload)
{
	size_t whole = MSG_HEADER_LEN + head->payload;
	unsigned char *p;

	if (evbuffer_get_length(in) < whole)
		return E_END;
	p = evbuffer_pullup(in, (ev_ssize_t)whole);
	if (p == NULL)
		return E_NOMEM;
	*payload = str_from(p + MSG_HEADER_LEN, head->payload);
	return OK;
}

void
msg_io_drop(struct evbuffer *in, const struct msg_io_head *head)
{
	(void)evbuffer_drain(in, MSG_HEADER_LEN + head->payload);
}

static void
put_int(unsigned char *p, uint64_t v, size_t width)
{
	for (size_t i = 0; i < width; i++)
		p[i] = (unsigned char)(v >> (8 * (width - 1 - i)));
}

enum status
msg_io_put(struct evbuffer *out, uint16_t type, uint64_t id, struct str payload)
{
	unsigned char head[MSG_HEADER_LEN];

	if (payload.n > MSG_PAYLOAD_MAX)
		return E_TOO_LARGE;
	/* Room for all of it first: half a frame would garble everything behind it. */
	if (evbuffer_expand(out, sizeof(head) + payload.n) != 0)
		return E_NOMEM;
	put_int(head, COUNTED_HEAD + payload.n, 4);
	put_int(head + 4, type, 2);
	put_int(head + 6, id, 8);
	if (evbuffer_add(out, head, sizeof(head)) != 0 || evbuffer_add(out, payload.p, payload.n) != 0)
		return E_NOMEM;
	return OK;
}
