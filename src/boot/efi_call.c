/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "boot/efi_call.h"

#define LINE_SIZE 512

const struct efi_system_table *efi_system;

void efi_print(const char *fmt, ...)
{
	static const char start[] = "halite: ";
	struct efi_text_output *out = efi_system->out;
	uint16_t wide[LINE_SIZE + 3];
	char line[LINE_SIZE];
	va_list args;
	size_t i;

	memcpy(line, start, sizeof(start));
	va_start(args, fmt);
	vsnprintf(line + sizeof(start) - 1, LINE_SIZE - sizeof(start) + 1, fmt, args);
	va_end(args);
	for (i = 0; line[i]; i++)
		wide[i] = (uint8_t)line[i] < 0x80 ? line[i] : '?';
	wide[i++] = '\r';
	wide[i++] = '\n';
	wide[i] = 0;
	if (out)
		out->output_string(out, wide);
}

efi_status efi_failed(const char *what, efi_status status)
{
	efi_print("%s: EFI status 0x%lx", what, (unsigned long)status);
	return status;
}

efi_status efi_allocate(struct efi_pages *p, uint64_t size, const char *what)
{
	uint64_t pages = size / EFI_PAGE_SIZE + 1;
	efi_status status = efi_system->boot->allocate_pages(EFI_ALLOCATE_ANY_PAGES,
							     EFI_LOADER_DATA, pages, &p->start);

	if (status != EFI_SUCCESS) {
		efi_print("no memory for %s, of %lu bytes: EFI status 0x%lx", what,
			  (unsigned long)size, (unsigned long)status);
		return status;
	}
	p->size = pages * EFI_PAGE_SIZE;
	return EFI_SUCCESS;
}

void efi_release(struct efi_pages *p)
{
	if (p->size)
		efi_system->boot->free_pages(p->start, p->size / EFI_PAGE_SIZE);
	p->size = 0;
}
