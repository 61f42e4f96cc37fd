/* SPDX-License-Identifier: BSD-2-Clause */
#include "consoles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "message.h"

/* In QEMU's multiplexed console, Ctrl-A begins a command, and two of them are one for the guest. */
#define CTRL_A 1

struct console {
	const char *name;
	struct sockaddr_un address; /* of the socket */
	int log;		    /* -1: it cannot be written any more */
	int socket;
	int clients[CONSOLES_CLIENTS]; /* -1: there is none */
	uint8_t shown;		       /* the last byte of the domain */
};

static struct {
	struct console list[DOMAINS_MAX];
	unsigned int count;
	struct frames from, to; /* the machine */
	int line;		/* the domain whose line has begun in the text, or FRAMES_NONE */
	unsigned int next;	/* the console that is served first */
} consoles = { .from = { .index = FRAMES_NONE },
	       .to = { .index = FRAMES_NONE },
	       .line = FRAMES_NONE };

/* ---- files and sockets ---- */

static int failed(const char *path)
{
	message("--console-dir: '%s': %s", path, strerror(errno));
	return -1;
}

static int open_log(const char *folder, struct console *c)
{
	char path[sizeof(c->address.sun_path)];

	snprintf(path, sizeof(path), "%s/%s.log", folder, c->name);
	/* O_NONBLOCK counts for a terminal and a FIFO, which may have no reader. */
	c->log = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (c->log < 0)
		return failed(path);
	if (flock(c->log, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		message("--console-dir: '%s': another run uses it; expected a folder for each run",
			path);
		return -1;
	}
	/* A device, such as a terminal, has no size. */
	if (ftruncate(c->log, 0) < 0 && errno != EINVAL)
		return failed(path);
	return 0;
}

static int open_socket(struct console *c)
{
	struct stat st;

	/* That of a run that was killed. The file is locked, so no other run has it. */
	if (lstat(c->address.sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(c->address.sun_path);
	c->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->socket < 0 ||
	    bind(c->socket, (struct sockaddr *)&c->address, sizeof(c->address)) < 0 ||
	    listen(c->socket, CONSOLES_CLIENTS) < 0) {
		failed(c->address.sun_path);
		if (c->socket >= 0)
			close(c->socket);
		return -1;
	}
	return 0;
}

static int open_console(const char *folder, const char *name)
{
	struct console *c = &consoles.list[consoles.count];

	*c = (struct console){ .name = name, .address.sun_family = AF_UNIX };
	for (unsigned int i = 0; i < CONSOLES_CLIENTS; i++)
		c->clients[i] = -1;
	if ((size_t)snprintf(c->address.sun_path, sizeof(c->address.sun_path), "%s/%s.sock", folder,
			     name) >= sizeof(c->address.sun_path)) {
		message("--console-dir '%s': too long a path for a socket: at most %zu characters, "
			"with /%s.sock, are expected",
			folder, sizeof(c->address.sun_path) - 1, name);
		return -1;
	}
	if (open_log(folder, c) < 0 || open_socket(c) < 0)
		return -1;
	consoles.count++;
	return 0;
}

int consoles_open(const char *folder, const struct domains *domains)
{
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return failed(folder);
	for (unsigned int i = 0; i < domains->count; i++) {
		if (open_console(folder, domains->list[i].name) < 0) {
			consoles_close();
			return -1;
		}
	}
	return 0;
}

void consoles_close(void)
{
	for (unsigned int i = 0; i < consoles.count; i++)
		unlink(consoles.list[i].address.sun_path);
	consoles.count = 0;
}

void consoles_reset(void)
{
	frames_start(&consoles.from);
	frames_start(&consoles.to);
}

/* ---- output ---- */

static void drop_client(struct console *c, unsigned int i)
{
	close(c->clients[i]);
	c->clients[i] = -1;
}

/* A client that does not read is not waited for. */
static void send_to_clients(struct console *c, const char *bytes, size_t size)
{
	for (unsigned int i = 0; i < CONSOLES_CLIENTS; i++) {
		if (c->clients[i] >= 0 &&
		    send(c->clients[i], bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
			drop_client(c, i);
	}
}

/* A terminal or a FIFO that takes nothing now loses bytes: all domains would wait for it. */
static void write_log(struct console *c, const char *bytes, size_t size)
{
	ssize_t put;

	for (; size && c->log >= 0; size -= (size_t)put, bytes += put) {
		put = write(c->log, bytes, size);
		if (put < 0 && errno == EINTR) {
			put = 0;
		} else if (put < 0 && errno == EAGAIN) {
			return;
		} else if (put < 0) {
			message("--console-dir: %s.log: %s; nothing more is written there", c->name,
				strerror(errno));
			close(c->log);
			c->log = -1;
			return;
		}
	}
}

/* What a domain has transmitted goes to its file and to its clients. */
static void put(int index, const char *bytes, size_t size)
{
	if (index == FRAMES_NONE || !size)
		return;
	write_log(&consoles.list[index], bytes, size);
	send_to_clients(&consoles.list[index], bytes, size);
}

/* As console_is_control() of src/hv/console.h, which says why. */
static bool is_control(uint8_t before, uint8_t byte)
{
	return (byte < 0x20 && byte != '\t') || byte == 0x7f ||
	       (before == 0xc2 && byte >= 0x80 && byte < 0xa0);
}

static size_t end_line(char *text)
{
	consoles.line = FRAMES_NONE;
	memcpy(text, "\r\n", 2);
	return 2;
}

/* Adds a byte of a domain, or of no domain, to the text for people. Returns the size. */
static size_t show(int index, char byte, char *text)
{
	size_t used = 0;
	struct console *c;

	if (consoles.line != index && consoles.line != FRAMES_NONE)
		used = end_line(text);
	if (index == FRAMES_NONE) {
		text[used++] = byte;
		return used;
	}
	c = &consoles.list[index];
	if (byte != '\n' && is_control(c->shown, (uint8_t)byte)) {
		c->shown = (uint8_t)byte;
		return used;
	}
	c->shown = (uint8_t)byte;
	if (consoles.line != index)
		used += (size_t)sprintf(text + used, "%s: ", c->name);
	consoles.line = index;
	if (byte == '\n')
		return used + end_line(text + used);
	text[used++] = byte;
	return used;
}

size_t consoles_take(const char *bytes, size_t size, char *text)
{
	char piece[256];
	size_t used = 0, length = 0;

	for (size_t i = 0; i < size; i++) {
		const int before = consoles.from.index;
		char byte = bytes[i];
		bool is_byte = frames_decode(&consoles.from, &byte);

		/* A machine that does not make these frames names no other domain. */
		if (consoles.from.index >= (int)consoles.count)
			consoles.from.index = FRAMES_NONE;
		if (consoles.from.index != before || length == sizeof(piece)) {
			put(before, piece, length);
			length = 0;
		}
		if (!is_byte)
			continue;
		piece[length++] = byte;
		used += show(consoles.from.index, byte, text + used);
	}
	put(consoles.from.index, piece, length);
	return used;
}

/* ---- input ---- */

size_t consoles_typed(const char *bytes, size_t size, char *out)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++)
		used += frames_encode(&consoles.to, FRAMES_NONE, bytes[i], out + used);
	return used;
}

size_t consoles_poll(struct pollfd *fds, bool input)
{
	size_t used = 0;

	for (unsigned int i = 0; i < consoles.count; i++) {
		const struct console *c = &consoles.list[i];

		fds[used++] = (struct pollfd){ .fd = c->socket, .events = POLLIN };
		for (unsigned int j = 0; j < CONSOLES_CLIENTS; j++)
			fds[used++] = (struct pollfd){ .fd = input ? c->clients[j] : -1,
						       .events = POLLIN };
	}
	return used;
}

/* A client more than there is room for is dropped. */
static void accept_client(struct console *c)
{
	int fd = accept4(c->socket, NULL, NULL, SOCK_CLOEXEC);
	unsigned int i = 0;

	while (i < CONSOLES_CLIENTS && c->clients[i] >= 0)
		i++;
	if (i < CONSOLES_CLIENTS)
		c->clients[i] = fd;
	else if (fd >= 0)
		close(fd);
}

/* Reads input of a client. Returns its encoded size. */
static size_t read_client(unsigned int index, unsigned int client, char *out, size_t room)
{
	struct console *c = &consoles.list[index];
	char bytes[64];
	size_t most = room / CONSOLES_INPUT_MAX, used = 0;
	ssize_t got = recv(c->clients[client], bytes, most < sizeof(bytes) ? most : sizeof(bytes),
			   MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		drop_client(c, client);
	/* Each piece has its key: a reset of the machine forgets the one before. */
	if (got > 0)
		consoles.to.index = FRAMES_NONE;
	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] == CTRL_A)
			used += frames_encode(&consoles.to, (int)index, CTRL_A, out + used);
		used += frames_encode(&consoles.to, (int)index, bytes[i], out + used);
	}
	return used;
}

size_t consoles_read(const struct pollfd *fds, char *out, size_t room)
{
	const unsigned int first = consoles.next;
	size_t used = 0;

	for (unsigned int n = 0; n < consoles.count; n++) {
		const unsigned int i = (first + n) % consoles.count;
		const struct pollfd *own = &fds[(size_t)i * (1 + CONSOLES_CLIENTS)];

		for (unsigned int j = 0; j < CONSOLES_CLIENTS; j++) {
			if (!own[1 + j].revents || consoles.list[i].clients[j] != own[1 + j].fd ||
			    room - used < CONSOLES_INPUT_MAX)
				continue;
			used += read_client(i, j, out + used, room - used);
			consoles.next = (i + 1) % consoles.count;
		}
		if (own->revents)
			accept_client(&consoles.list[i]);
	}
	return used;
}
