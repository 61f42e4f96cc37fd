/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client SOCKET: connects to a Unix socket, sends standard input there, and writes what comes to
 * standard output, until either of them ends. It runs on the build machine.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Returns whether there may be more. */
static int copy(int from, int to)
{
	char bytes[4096];
	ssize_t got = read(from, bytes, sizeof(bytes));

	return got > 0 && write(to, bytes, (size_t)got) == got;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN } };

	if (argc != 2)
		return EXIT_FAILURE;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	fds[1].fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(fds[1].fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			return EXIT_FAILURE;
		if (fds[1].revents && !copy(fds[1].fd, STDOUT_FILENO))
			return EXIT_SUCCESS;
		if (fds[0].revents && !copy(STDIN_FILENO, fds[1].fd))
			return EXIT_SUCCESS;
	}
}
