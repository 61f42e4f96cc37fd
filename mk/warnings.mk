# SPDX-License-Identifier: BSD-2-Clause
# The warnings that all C code here is compiled with, by GCC and by clang.

C_WARNINGS := -Wall -Wextra -Wshadow -Wcast-qual -Wmissing-prototypes -Wstrict-prototypes -Wundef \
	-Werror
