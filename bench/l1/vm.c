/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "l2.h"

#define SMALL_SIZE (UINT64_C(4096) * 4096)
#define HUGE_SIZE  (UINT64_C(32) << 21)

#define CORE_REG(name) \
	(KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE | KVM_REG_RISCV_CORE_REG(name))

void die(const char *what)
{
	printf("bench: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void set_memory(const struct vm *vm, const struct memory *m, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = m->slot,
		.flags = flags,
		.guest_phys_addr = m->gpa,
		.memory_size = m->size,
		.userspace_addr = (uintptr_t)m->start,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		die("KVM_SET_USER_MEMORY_REGION");
}

static void add_memory(const struct vm *vm, struct memory *m, unsigned int slot, uint64_t gpa,
		       size_t size, int flags)
{
	m->slot = slot;
	m->gpa = gpa;
	m->size = size;
	m->start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1,
			0);
	if (m->start == MAP_FAILED)
		die("memory for the guest");
	if (!(flags & MAP_HUGETLB) && madvise(m->start, size, MADV_NOHUGEPAGE) < 0)
		die("MADV_NOHUGEPAGE");
	if (!(flags & MAP_NORESERVE))
		memset(m->start, 0, size);
	set_memory(vm, m, 0);
}

static void set_reg(const struct vcpu *v, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(v->fd, KVM_SET_ONE_REG, &reg) < 0)
		die("KVM_SET_ONE_REG");
}

static void add_vcpu(struct vm *vm, unsigned int id, size_t run_size)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct vcpu *v = &vm->vcpu[id];

	v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (v->fd < 0)
		die("KVM_CREATE_VCPU");
	v->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED)
		die("kvm_run");
	v->shared = vm->code.start + (L2_SHARED - L2_CODE) + 4096 * id;
	if (ioctl(v->fd, KVM_SET_MP_STATE, &state) < 0)
		die("KVM_SET_MP_STATE");
	set_reg(v, CORE_REG(regs.pc), L2_CODE);
	set_reg(v, CORE_REG(regs.a0), id);
}

void vm_create(struct vm *vm)
{
	int kvm = open("/dev/kvm", O_RDWR);
	unsigned int id;

	if (kvm < 0)
		die("/dev/kvm");
	vm->fd = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		die("KVM_CREATE_VM");
	add_memory(vm, &vm->code, 0, L2_CODE, L2_CODE_SIZE, 0);
	add_memory(vm, &vm->small, 1, L2_SMALL, SMALL_SIZE, 0);
	add_memory(vm, &vm->huge, 2, L2_HUGE, HUGE_SIZE, MAP_HUGETLB);
	memcpy(vm->code.start, l2_start, l2_end - l2_start);
	for (id = 0; id < VM_VCPUS; id++) {
		add_vcpu(vm, id, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
		while (!vm_step(&vm->vcpu[id]))
			;
	}
}

void vm_add_sparse(struct vm *vm, size_t size)
{
	if (!vm->sparse.size)
		add_memory(vm, &vm->sparse, 3, L2_SPARSE, size, MAP_NORESERVE);
}

void vm_log_dirty(const struct vm *vm, const struct memory *m, bool on)
{
	set_memory(vm, m, on ? KVM_MEM_LOG_DIRTY_PAGES : 0);
}

void vm_give(struct vcpu *v, const char *code, uint64_t addr, unsigned long rounds,
	     unsigned long stride)
{
	*(uint64_t *)(v->shared + L2_SHARED_ROUNDS) = rounds;
	*(uint64_t *)(v->shared + L2_SHARED_STRIDE) = stride;
	v->run->riscv_sbi.ret[0] = L2_CODE + (code - l2_start);
	v->run->riscv_sbi.ret[1] = addr;
}

bool vm_step(struct vcpu *v)
{
	struct kvm_run *run = v->run;

	for (;;) {
		if (ioctl(v->fd, KVM_RUN, 0) < 0) {
			if (errno != EINTR)
				die("KVM_RUN");
			continue;
		}
		switch (run->exit_reason) {
		case KVM_EXIT_RISCV_SBI:
			if (run->riscv_sbi.extension_id == L2_EXT_READY)
				return true;
			run->riscv_sbi.ret[0] = 0;
			run->riscv_sbi.ret[1] = 0;
			return false;
		case KVM_EXIT_MMIO:
			memset(run->mmio.data, 0, sizeof(run->mmio.data));
			break;
		default:
			printf("bench: the guest ended with exit reason %u\n", run->exit_reason);
			exit(EXIT_FAILURE);
		}
	}
}

uint64_t vm_run(struct vcpu *v)
{
	while (!vm_step(v))
		;
	return *(uint64_t *)(v->shared + L2_SHARED_TICKS);
}
