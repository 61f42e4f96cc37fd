/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's program (agent/agent.c), which ramdisk.c puts into the guest's ramdisk. */
	.section .rodata
	.globl agent_image, agent_image_end
agent_image:
	.incbin AGENT_FILE
agent_image_end:
	.section .note.GNU-stack, "", @progbits
