/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the command and the agent of `halite run --exec` and --rootfs know of each other. The agent
 * says things over a port of virtio-console: frames of a kind, a length of two bytes (the lower one
 * first) and so many bytes. The command answers the last frame with one byte when it has it.
 */
#ifndef HALITE_AGENT_PROTOCOL_H
#define HALITE_AGENT_PROTOCOL_H

#define AGENT_FOLDER  "halite"
#define AGENT_PROGRAM "/halite/agent"
#define AGENT_COMMAND "/halite/command" /* the text for the shell */
#define AGENT_PORT    "/dev/vport0p1"

/* With --rootfs: a folder in the ramdisk, and the name of the machine's folder for 9p. */
#define AGENT_ROOT     "/halite/root"
#define AGENT_ROOT_TAG "halite-root"

/* The programs that the agent tries in the guest's root, in this order. */
#define AGENT_INITS	"/sbin/init", "/usr/sbin/init", "/etc/init", "/bin/init", "/init"
#define AGENT_SHELLS	"/bin/sh", "/usr/bin/sh"
#define AGENT_BUSYBOXES "/bin/busybox", "/usr/bin/busybox"

/* How the agent's messages on the guest's console begin, at the start of a line. */
#define AGENT_SAYS     "halite: agent: "
#define AGENT_LINE_MAX 256

#define AGENT_HEAD	  3
#define AGENT_DATA_MAX	  4096
#define AGENT_COMMAND_MAX 65536

enum agent_kind {
	AGENT_OUT = 'o',    /* standard output of the shell */
	AGENT_ERR = 'e',    /* its standard error */
	AGENT_STATUS = 's', /* one byte: its exit status, or 128 and its signal. The last frame */
};

#endif
