/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent of `halite run --exec` says to the command, over a port of virtio-console: frames
 * of a kind, a length of two bytes (the lower one first) and so many bytes.
 */
#ifndef HALITE_AGENT_PROTOCOL_H
#define HALITE_AGENT_PROTOCOL_H

#define AGENT_FOLDER  "halite"
#define AGENT_PROGRAM "/halite/agent"
#define AGENT_COMMAND "/halite/command" /* the text for the shell */
#define AGENT_PORT    "/dev/vport0p1"

/* What the agent says on the guest's console if it has no port, at the start of a line. */
#define AGENT_SAYS "halite: agent: "

#define AGENT_HEAD	  3
#define AGENT_DATA_MAX	  4096
#define AGENT_COMMAND_MAX 65536

enum agent_kind {
	AGENT_OUT = 'o',    /* standard output of the shell */
	AGENT_ERR = 'e',    /* its standard error */
	AGENT_STATUS = 's', /* one byte: its exit status, or 128 and its signal. The last frame */
};

#endif
