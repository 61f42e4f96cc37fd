/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages on EFI's console, and memory of EFI, until boot services end. */
#ifndef BOOT_EFI_CALL_H
#define BOOT_EFI_CALL_H

#include "boot/efi.h"

/* Memory that AllocatePages() has given. size 0: none. */
struct efi_pages {
	uint64_t start;
	uint64_t size;
};

/* The system table; efi_main() sets it before all else. */
extern const struct efi_system_table *efi_system;

/* Print "halite: " and the message as a line on EFI's console. */
void efi_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Say that @what, a step, has failed. Return @status. */
efi_status efi_failed(const char *what, efi_status status);

/* Allocate more than @size bytes of EFI_LOADER_DATA. After a message with @what, an error. */
efi_status efi_allocate(struct efi_pages *p, uint64_t size, const char *what);

/* Free *@p, and make it none. */
void efi_release(struct efi_pages *p);

static inline void *efi_memory_at(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

#endif
