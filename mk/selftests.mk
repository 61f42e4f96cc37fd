# SPDX-License-Identifier: BSD-2-Clause
# make selftests   runs the kernel's own KVM selftests in L1, on bare QEMU and in Halite, and
#                  compares. This takes hours. scripts/selftests.sh explains the variables that
#                  select less: KERNELS, VARIANTS, TESTS, SETS, MACHINE, LIMIT, RESUME.

.PHONY: selftests
selftests: all
	@scripts/selftests.sh
