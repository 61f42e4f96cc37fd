/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs QEMU, stands between its console and the user's, and finds out how the run ends. Invariant:
 * when supervise() returns, QEMU has ended, and so has each process that QEMU has started.
 *
 * QEMU is in a process group of its own, so a signal from the terminal comes to this process alone.
 * This process then asks QEMU to end, and kills it if it does not end in time.
 */
#ifndef HALITE_TOOL_SUPERVISE_H
#define HALITE_TOOL_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "end.h"
#include "qemu.h"
#include "text.h"

struct supervised {
	unsigned int timeout; /* seconds from the start of QEMU to the end of the run; 0: none */
	bool one_boot;	      /* the first reboot ends the run, not the second one */
	/*
	 * The guest has the agent of --exec. Its command's output is this program's, and the
	 * console is not on standard output.
	 */
	bool exec;
	bool frames;  /* consoles.h has the consoles of the domains */
	bool to_file; /* the console goes to the descriptor file, and nobody types */
	int file;
	void (*ready)(const void *context); /* called when QEMU is ready; NULL: not */
	const void *context;
	void (*at_home)(uint64_t address); /* called when Halite has moved home; NULL: not */
	struct text text;		   /* set start and wait before, read the rest afterwards */
	struct end end;			   /* how the run has ended */
	unsigned int reboots;
	double seconds; /* how long QEMU has run */
};

/*
 * Adds QEMU's options for the console, for the control of QEMU and for the agent of --exec, and
 * makes what they name. Call it once. Returns 0, or -1 after a message.
 */
int supervise_options(struct words *words, bool exec, bool iommu);

/* Runs the command. Fills run->end. */
void supervise(struct supervised *run, char **argv);

#endif
