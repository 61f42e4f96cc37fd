/* SPDX-License-Identifier: BSD-2-Clause */
#include "qemu.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"

static void *check_allocated(void *memory)
{
	if (!memory) {
		message("out of memory");
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* The child of qemu_check(): runs `program -version` with its output to fd. */
static void run_version(const char *program, int fd)
{
	dup2(fd, STDOUT_FILENO);
	execlp(program, program, "-version", (char *)NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Reads fd to its end. Keeps the first size - 1 bytes as a string. */
static void read_all(int fd, char *text, size_t size)
{
	char rest[256];
	size_t length = 0;
	ssize_t got;

	while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	text[length] = '\0';
}

int qemu_check(const char *program, struct qemu_version *version)
{
	char text[512];
	const char *found;
	int fds[2];
	int status;
	pid_t child;

	if (pipe(fds) < 0 || (child = fork()) < 0) {
		message("cannot start '%s': %s", program, strerror(errno));
		return -1;
	}
	if (child == 0) {
		close(fds[0]);
		run_version(program, fds[1]);
	}
	close(fds[1]);
	read_all(fds[0], text, sizeof(text));
	close(fds[0]);
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		message("--qemu '%s': cannot be run; expected QEMU's qemu-system-riscv64 "
			"(Debian 13: package qemu-system-riscv)",
			program);
		return -1;
	}
	found = strstr(text, "QEMU emulator version ");
	if (!found ||
	    sscanf(found, "QEMU emulator version %u.%u", &version->major, &version->minor) != 2) {
		message("--qemu '%s': does not say a QEMU version; expected qemu-system-riscv64",
			program);
		return -1;
	}
	if (version->major < QEMU_MIN_MAJOR ||
	    (version->major == QEMU_MIN_MAJOR && version->minor < QEMU_MIN_MINOR)) {
		message("--qemu '%s': version %u.%u; expected %d.%d or later", program,
			version->major, version->minor, QEMU_MIN_MAJOR, QEMU_MIN_MINOR);
		return -1;
	}
	return 0;
}

void words_add(struct words *words, const char *format, ...)
{
	va_list arguments;
	char *word = NULL;

	va_start(arguments, format);
	if (vasprintf(&word, format, arguments) < 0)
		word = NULL;
	va_end(arguments);
	words->list = check_allocated(realloc(words->list, (words->count + 2) * sizeof(char *)));
	words->list[words->count++] = check_allocated(word);
	words->list[words->count] = NULL;
}

char *qemu_quote(const char *text)
{
	char *quoted = check_allocated(malloc(2 * strlen(text) + 1));
	char *to = quoted;

	for (; *text; text++) {
		if (*text == ',')
			*to++ = ',';
		*to++ = *text;
	}
	*to = '\0';
	return quoted;
}

void words_add_virtio(struct words *words, const char *device, bool iommu)
{
	words_add(words, "-device");
	words_add(words, "%s,romfile=%s", device,
		  iommu ? ",disable-legacy=on,iommu_platform=on" : "");
}

bool qemu_has_iommu(char *const *arguments)
{
	for (; *arguments; arguments++) {
		if (strstr(*arguments, "iommu-sys=on"))
			return true;
	}
	return false;
}
