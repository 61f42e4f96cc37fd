/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Check the values of the options of `halite run`, and set them. They return 0, or -1 after a
 * message. The options point to @value.
 */
#ifndef HALITE_TOOL_OPTION_VALUES_H
#define HALITE_TOOL_OPTION_VALUES_H

#include "options.h"

/* plic, aplic, aia, or aia:N with N guest interrupt files. */
int option_machine(const char *value, struct run_options *options);

/* A list of devices with commas. */
int option_give(const char *value, struct run_options *options);

/* An extended regular expression. */
int option_expect(const char *value, struct run_options *options);

/* user, and further items hostfwd=..., as QEMU's -netdev has them. */
int option_net(const char *value, struct run_options *options);

/* The path of a further disk. */
int option_disk(const char *value, struct run_options *options);

/* N of --trace=N. It becomes the word for Halite. */
int option_trace(const char *value, struct run_options *options);

#endif
