/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtual machine of KVM with the guest of l2.S in it. Errors end the program with a message. */
#ifndef BENCH_VM_H
#define BENCH_VM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_VCPUS 2

struct vcpu {
	int fd;
	struct kvm_run *run;
	char *shared; /* its page, see l2.h */
};

struct memory {
	char *start;
	size_t size;
	uint64_t gpa;
	unsigned int slot;
};

struct vm {
	int fd;
	struct memory code, small, huge;
	struct vcpu vcpu[VM_VCPUS];
};

void vm_create(struct vm *vm);

/* Write protection of @m for KVM's dirty log, on or off. */
void vm_log_dirty(const struct vm *vm, const struct memory *m, bool on);

/* Run @v until its guest is ready, then give it @code (a place in l2.S) with @addr, for the next time. */
void vm_give(struct vcpu *v, const char *code, uint64_t addr, unsigned long rounds,
	     unsigned long stride);

/* Run @v until the guest calls user space in vendor space (false) or is ready again (true). */
bool vm_step(struct vcpu *v);

/* Run @v until its guest is ready again, answering all on the way. Returns the ticks of its run. */
uint64_t vm_run(struct vcpu *v);

_Noreturn void die(const char *what);

#endif
