/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtual machine of KVM that runs the guest of l2.S. Errors end the program with a message. */
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
	char *shared; /* its shared page (l2.h) */
};

struct memory {
	char *start;
	size_t size;
	uint64_t gpa;
	unsigned int slot;
};

struct vm {
	int fd;
	struct memory code, small, huge, sparse;
	struct vcpu vcpu[VM_VCPUS];
};

void vm_create(struct vm *vm);

/* Adds vm->sparse, of @size bytes, of which no page is in use, unless it is there. */
void vm_add_sparse(struct vm *vm, size_t size);

/* Turns KVM's dirty log of @m, which write-protects its pages, on or off. */
void vm_log_dirty(const struct vm *vm, const struct memory *m, bool on);

/*
 * Gives the guest, which must be ready, its next @code (an address in l2.S), with @addr, @rounds
 * and @stride. The guest starts it at the next vm_step().
 */
void vm_give(struct vcpu *v, const char *code, uint64_t addr, unsigned long rounds,
	     unsigned long stride);

/* Runs @v until the guest calls user space (returns false) or is ready again (returns true). */
bool vm_step(struct vcpu *v);

/*
 * Runs @v until the guest is ready again, and answers all its calls. Returns the ticks of the
 * run.
 */
uint64_t vm_run(struct vcpu *v);

_Noreturn void die(const char *what);

#endif
