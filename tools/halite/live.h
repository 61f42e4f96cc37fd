/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A running machine, seen from another process. `halite run` with --stats or --trace gives QEMU a
 * socket for its machine protocol (QMP), in a folder that only this user may use. live_open()
 * connects to it. Memory of the machine is read by QEMU's command pmemsave. The machine runs on
 * meanwhile.
 */
#ifndef HALITE_TOOL_LIVE_H
#define HALITE_TOOL_LIVE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live {
	int fd;
	char *name;    /* the process of `halite run`, as text */
	char *scratch; /* the file through which QEMU hands over memory */
	uint64_t ram_size;
	bool paused;	 /* live_pause() has stopped the machine */
	sigset_t before; /* the signals that were blocked before */
};

#define LIVE_RAM_START UINT64_C(0x80000000) /* of QEMU's machine virt */

/*
 * The arguments for QEMU that open the socket of this process. NULL, after a message: there can be
 * no socket. The caller frees the result, and calls live_remove() when QEMU has ended.
 */
char *live_chardev(void);
void live_remove(void);

/*
 * Whether @which can name a machine: a process id, a path with a slash, or NULL. A message if not.
 */
bool live_is_name(const char *which);

/*
 * Connects to the machine that @which names: the process id of `halite run`, or a socket. NULL: the
 * only machine that runs. Returns 0, or -1 after a message.
 */
int live_open(struct live *live, const char *which);
void live_close(struct live *live);

/* Reads @size bytes of RAM. False, after a message unless the machine has just ended: it cannot. */
bool live_read(struct live *live, uint64_t address, void *to, size_t size);

/*
 * Stops the machine, so that what is read belongs together, and lets it run on. Its time stands
 * still meanwhile. Signals that would end this process wait until live_resume().
 */
void live_pause(struct live *live);
void live_resume(struct live *live);

#endif
