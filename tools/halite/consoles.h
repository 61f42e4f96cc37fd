/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The consoles of domains in a folder: for each one a file NAME.log with its output, and a Unix
 * socket NAME.sock with output and input. They are taken out of the machine's console, which has
 * frames (frames.h).
 */
#ifndef HALITE_TOOL_CONSOLES_H
#define HALITE_TOOL_CONSOLES_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "domain.h"
#include "frames.h"

/* Clients of a socket at once. */
#define CONSOLES_CLIENTS 4
/* What consoles_poll() fills at most. */
#define CONSOLES_FDS (DOMAINS_MAX * (1 + CONSOLES_CLIENTS))
/* A byte of the console gives at most so many bytes of text: the end of a line, a name, a byte. */
#define CONSOLES_TEXT_MAX (DOMAIN_NAME_MAX + 8)
/* A byte that is typed gives at most so many bytes for the console. */
#define CONSOLES_INPUT_MAX (FRAMES_MOST + 1)

/* Makes the folder, the files and the sockets. Returns 0, or -1 after a message. */
int consoles_open(const char *folder, const struct domains *domains);

/* Removes the sockets. */
void consoles_close(void);

/* The machine is reset. */
void consoles_reset(void);

/*
 * Takes bytes of the console apart. Writes text for people to text, with the names of the domains
 * before their lines and without their control characters. Returns its size, at most
 * CONSOLES_TEXT_MAX for each byte.
 */
size_t consoles_take(const char *bytes, size_t size, char *text);

/* Encodes what was typed on the terminal. Returns the size, at most CONSOLES_INPUT_MAX a byte. */
size_t consoles_typed(const char *bytes, size_t size, char *out);

/* Fills fds with what to wait for; input: also for input of clients. Returns how many. */
size_t consoles_poll(struct pollfd *fds, bool input);

/*
 * Serves the sockets after consoles_poll() and poll(). Returns the size of input for the console,
 * in out of room bytes. Without room, no input is read.
 */
size_t consoles_read(const struct pollfd *fds, char *out, size_t room);

#endif
