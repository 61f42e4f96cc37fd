/* SPDX-License-Identifier: BSD-2-Clause */
#include "live.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "message.h"
#include "qemu.h"

#define SUFFIX	     ".qmp"
#define WAIT_SECONDS 10
/* A QEMU that stands still takes no second connection. */
#define CONNECT_SECONDS 3

static char own_socket[sizeof(((struct sockaddr_un *)0)->sun_path)];

/* ---- the folder of sockets ---- */

/* The folder. NULL, after a message if it exists and is not this user's alone. */
static const char *folder(bool make)
{
	static char path[64];
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (runtime && strlen(runtime) < sizeof(path) - sizeof("/halite"))
		snprintf(path, sizeof(path), "%s/halite", runtime);
	else
		snprintf(path, sizeof(path), "/tmp/halite-%u", (unsigned int)getuid());
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST) {
		message("cannot make the folder '%s' for the machine's socket: %s", path,
			strerror(errno));
		return NULL;
	}
	if (lstat(path, &st) < 0)
		return NULL;
	if (!S_ISDIR(st.st_mode) || st.st_uid != getuid() || (st.st_mode & 022)) {
		message("'%s' is not a folder of this user alone", path);
		return NULL;
	}
	return path;
}

char *live_chardev(void)
{
	const char *path = folder(true);
	char *option;

	if (!path)
		return NULL;
	snprintf(own_socket, sizeof(own_socket), "%s/%u" SUFFIX, path, (unsigned int)getpid());
	unlink(own_socket);
	if (asprintf(&option, "socket,id=halite-live,server=on,wait=off,path=%s", own_socket) < 0)
		return NULL;
	return option;
}

void live_remove(void)
{
	if (own_socket[0])
		unlink(own_socket);
	own_socket[0] = '\0';
}

/* ---- QMP ---- */

static bool send_all(const struct live *live, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t sent = send(live->fd, text, left, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		text += sent;
		left -= (size_t)sent;
	}
	return true;
}

/* The next line from QEMU, as JSON. NULL: there is none within WAIT_SECONDS, or QEMU has ended. */
static json_t *receive(const struct live *live)
{
	char line[65536];
	size_t length = 0;

	while (length < sizeof(line)) {
		ssize_t got = recv(live->fd, line + length, 1, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return NULL;
		if (line[length++] == '\n')
			return json_loadb(line, length, 0, NULL);
	}
	return NULL;
}

/* The answer to @command, which the function frees. NULL: there is none. */
static json_t *ask(const struct live *live, json_t *command)
{
	char *text = json_dumps(command, JSON_COMPACT);
	bool sent = text && send_all(live, text) && send_all(live, "\n");
	json_t *answer;

	free(text);
	json_decref(command);
	while (sent && (answer = receive(live))) {
		/* QEMU's events come in between. */
		if (json_object_get(answer, "return") || json_object_get(answer, "error"))
			return answer;
		json_decref(answer);
	}
	return NULL;
}

static void tell_error(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(error, "desc"));

	if (text)
		message("QEMU says: %s", text);
}

bool live_read(struct live *live, uint64_t address, void *to, size_t size)
{
	json_t *answer = ask(live, json_pack("{s:s,s:{s:I,s:I,s:s}}", "execute", "pmemsave",
					     "arguments", "val", (json_int_t)address, "size",
					     (json_int_t)size, "filename", live->scratch));
	bool done = answer && json_object_get(answer, "return");
	FILE *file;

	if (answer && !done)
		tell_error(answer);
	json_decref(answer);
	if (!done)
		return false;
	file = fopen(live->scratch, "rb");
	done = file && fread(to, 1, size, file) == size;
	if (file)
		fclose(file);
	unlink(live->scratch);
	return done;
}

void live_pause(struct live *live)
{
	json_t *answer = ask(live, json_pack("{s:s}", "execute", "query-status"));
	bool running = json_is_true(json_object_get(json_object_get(answer, "return"), "running"));
	sigset_t ends;

	json_decref(answer);
	/* The user may have stopped the machine. */
	if (!running)
		return;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &live->before);
	json_decref(ask(live, json_pack("{s:s}", "execute", "stop")));
	live->paused = true;
}

void live_resume(struct live *live)
{
	if (!live->paused)
		return;
	json_decref(ask(live, json_pack("{s:s}", "execute", "cont")));
	live->paused = false;
	sigprocmask(SIG_SETMASK, &live->before, NULL);
}

/* ---- the connection ---- */

static int connect_to(const char *path)
{
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	const struct timeval connect_wait = { .tv_sec = CONNECT_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &connect_wait, sizeof(connect_wait));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/*
 * Looks through the folder. Puts the only socket in *found, or NULL. A socket on which nobody
 * listens is left from a process that was killed, and is removed. Returns the number of machines.
 */
static unsigned int look(char **found, char *all, size_t size)
{
	const char *path = folder(false);
	DIR *dir = path ? opendir(path) : NULL;
	unsigned int count = 0;
	struct dirent *entry;

	*found = NULL;
	*all = '\0';
	while (dir && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name), used = strlen(all);
		char *socket_path;
		int fd;

		if (length <= strlen(SUFFIX) ||
		    strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) != 0 ||
		    asprintf(&socket_path, "%s/%s", path, entry->d_name) < 0)
			continue;
		fd = connect_to(socket_path);
		if (fd < 0 && errno == ECONNREFUSED)
			unlink(socket_path);
		if (fd < 0) {
			free(socket_path);
			continue;
		}
		close(fd);
		count++;
		snprintf(all + used, size - used, " %.*s", (int)(length - strlen(SUFFIX)),
			 entry->d_name);
		free(*found);
		*found = socket_path;
	}
	if (dir)
		closedir(dir);
	return count;
}

bool live_is_name(const char *which)
{
	if (!which || strchr(which, '/') || (*which && !which[strspn(which, "0123456789")]))
		return true;
	message("'%s' is no machine; expected the process id of a `halite run` with --stats or "
		"--trace, or its socket",
		which);
	return false;
}

/* The socket of @which. NULL, after a message: there is none, or there are several. */
static char *find(const char *which)
{
	char *path, all[256];
	unsigned int count;
	const char *dir;

	if (which && strchr(which, '/'))
		return strdup(which);
	if (which) {
		dir = folder(false);
		if (!dir || asprintf(&path, "%s/%s" SUFFIX, dir, which) < 0) {
			message("the machine %s: there is no folder of sockets; expected the "
				"process id of a `halite run` with --stats or --trace",
				which);
			return NULL;
		}
		return path;
	}
	count = look(&path, all, sizeof(all));
	if (count == 1)
		return path;
	free(path);
	if (count)
		message("%u machines run; expected the process id of one:%s", count, all);
	else
		message("no machine runs; expected a `halite run` with --stats or --trace");
	return NULL;
}

/* The part of live_open() behind connect(). False: there is no sensible answer. */
static bool begin(struct live *live)
{
	json_t *greeting = receive(live), *answer;
	const json_t *size;
	bool known;

	known = json_object_get(greeting, "QMP");
	json_decref(greeting);
	if (!known)
		return false;
	json_decref(ask(live, json_pack("{s:s}", "execute", "qmp_capabilities")));
	answer = ask(live, json_pack("{s:s}", "execute", "query-memory-size-summary"));
	size = json_object_get(json_object_get(answer, "return"), "base-memory");
	live->ram_size = (uint64_t)json_integer_value(size);
	json_decref(answer);
	return live->ram_size;
}

int live_open(struct live *live, const char *which)
{
	char *path = find(which);

	*live = (struct live){ .fd = -1 };
	if (!path)
		return -1;
	live->fd = connect_to(path);
	if (live->fd < 0) {
		message("the machine at '%s': %s", path,
			errno == EAGAIN ? "it does not answer: is QEMU stopped?" : strerror(errno));
		free(path);
		return -1;
	}
	/* Another reader at the same time has another file. */
	if (asprintf(&live->scratch, "%s.%u", path, (unsigned int)getpid()) < 0)
		abort();
	live->name = path;
	if (!begin(live)) {
		message("the machine at '%s' does not answer: QEMU is stopped, or another command "
			"is connected to it",
			path);
		live_close(live);
		return -1;
	}
	return 0;
}

void live_close(struct live *live)
{
	if (live->fd >= 0)
		close(live->fd);
	free(live->scratch);
	free(live->name);
	*live = (struct live){ .fd = -1 };
}
