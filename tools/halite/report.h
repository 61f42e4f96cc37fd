/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of --json: what has run, and how it has ended. */
#ifndef HALITE_TOOL_REPORT_H
#define HALITE_TOOL_REPORT_H

#include "options.h"
#include "qemu.h"
#include "supervise.h"

/* Writes the report to fd, and closes fd. Returns 0, or -1 after a message. */
int report_write(int fd, const struct run_options *options, const struct qemu_version *version,
		 const struct supervised *run);

#endif
